// GET /history: who had a port when.
#include "daemon/api/archived.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/history_json.hpp"
#include "daemon/api/history_query.hpp"

namespace portd::api {

Task<Response> show_history(Call& call) {
  const auto query = history_query_from(call.request.query, call.context.now().wall);
  if (!query) co_return problem_response(query.error());
  const auto ask = [&call, &query](core::Archive::Done<core::HistoryPage> done) {
    call.context.archive.find(*query, std::move(done));
  };
  const auto page = co_await archived<core::HistoryPage>(ask);
  if (!page) co_return problem_response(page.error());
  co_return json_response(200, to_json(*page));
}

}  // namespace portd::api
