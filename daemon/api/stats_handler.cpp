// GET /stats: what was counted, and how the ports are now.
#include "daemon/api/archived.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/history_json.hpp"
#include "daemon/api/history_query.hpp"

namespace portd::api {
namespace {

Json leases_by_state(const core::LeaseTable& table) {
  Json counts;
  for (const auto& [state, word] : Words<LeaseState>::table) counts[std::string(word)] = 0;
  table.for_each([&counts](const Lease& lease) {
    Json& count = counts[std::string(to_text(lease.state))];
    count = count.get<int>() + 1;
  });
  return counts;
}

template <class T>
Json list_json(const std::vector<T>& items) {
  Json json = Json::array();
  for (const T& item : items) json.push_back(to_json(item));
  return json;
}

}  // namespace

Task<Response> show_stats(Call& call) {
  const Now now = call.context.now();
  const auto query = statistics_query_from(call.request.query, now.wall);
  if (!query) co_return problem_response(query.error());
  call.context.recorder.hand_over(now);
  const auto ask = [&call, &query](core::Archive::Done<core::Statistics> done) {
    call.context.archive.sum(*query, std::move(done));
  };
  const auto sums = co_await archived<core::Statistics>(ask);
  if (!sums) co_return problem_response(sums.error());
  const core::ChangeCounts& changes = sums->changes;
  Json json{{"window", to_text(query->window)}, {"since", to_rfc3339(query->since)},
            {"grants", changes.grants},         {"releases", changes.releases},
            {"expired", changes.expired},       {"moves", changes.moves},
            {"conflicts", changes.conflicts},   {"leases", leases_by_state(call.context.leases.table())}};
  json["ports"] = to_json(call.context.recorder.ports());
  json["services"] = list_json(sums->services);
  json["occupancy"] = list_json(sums->occupancy);
  co_return json_response(200, json);
}

}  // namespace portd::api
