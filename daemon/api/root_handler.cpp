// GET /.
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {

Task<Response> show_page(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) co_return problem_response(query.error());
  while (true) {
    call.context.refresh_states();
    const std::string html = page_html(call.context.leases.table().list({}));
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return page_response(html, page_policy());
    // What was read has been undone meanwhile: read again.
  }
}

}  // namespace portd::api
