// GET /graph.
#include "common/service_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {

Task<Response> show_graph(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) co_return problem_response(query.error());
  while (true) {
    const Json graph = to_json(call.context.discovery.graph(), call.context.events.newest_read());
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return json_response(200, graph);
    // What was read has been undone meanwhile: read again.
  }
}

}  // namespace portd::api
