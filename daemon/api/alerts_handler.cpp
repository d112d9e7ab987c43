// GET /alerts, POST /alerts/{id}/ack. No alert is written down, but it may tell of a lease that is not yet.
#include "common/alert_json.hpp"
#include "common/field_reader.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {
namespace {

Result<AlertFilter> filter_from(std::string_view text) {
  const auto query = Query::parse(text, {"state", "kind"});
  if (!query) return query.error();
  AlertFilter filter;
  if (auto state = assign(filter.state, word_from<AlertState>(*query, "state")); !state) return state.error();
  if (auto kind = assign(filter.kind, word_from<AlertKind>(*query, "kind")); !kind) return kind.error();
  return filter;
}

Result<void> refuse_fields(const std::string& body) {
  const auto json = parse_json(body);
  if (!json) return json.error();
  FieldReader reader("an acknowledgement", *json);
  reader.only({});
  if (reader.error()) return *reader.error();
  return {};
}

}  // namespace

Task<Response> list_alerts(Call& call) {
  const auto filter = filter_from(call.request.query);
  if (!filter) co_return problem_response(filter.error());
  while (true) {
    call.context.refresh_states();
    const std::vector<Alert> alerts = call.context.alerts.list(*filter);
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return json_response(200, portd::to_json(alerts));
    // What was read has been undone meanwhile: read again.
  }
}

Task<Response> acknowledge_alert(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) co_return problem_response(query.error());
  if (auto body = refuse_fields(call.request.body); !body) co_return problem_response(body.error());
  const auto alert = call.context.alerts.acknowledge(std::string(call.path_values[0]), call.context.now().wall);
  if (!alert) co_return problem_response(alert.error());
  const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
  co_return lost ? problem_response(*lost) : json_response(200, portd::to_json(*alert));
}

}  // namespace portd::api
