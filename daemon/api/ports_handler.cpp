// GET and DELETE /ports.
#include "common/lease_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {

Task<Response> list_ports(Call& call) {
  const auto filter = lease_filter_from(call.request.query);
  if (!filter) co_return problem_response(filter.error());
  while (true) {
    call.context.refresh_states();
    std::vector<Lease> leases = call.context.leases.table().list(*filter);
    for (Lease& lease : leases) lease = call.context.leases.view(lease);
    const Revision revision = call.context.journal.newest();
    const auto lost = co_await durable(call.context.journal, revision);
    if (!lost) co_return json_response(200, to_json(leases, revision));
    // What was read has been undone meanwhile: read again.
  }
}

Task<Response> release_ports(Call& call) {
  const auto filter = lease_filter_from(call.request.query);
  if (!filter) co_return problem_response(filter.error());
  if (filter->state) call.context.refresh_states();
  const auto released = call.context.leases.release_all(*filter, call.context.now());
  if (!released) co_return problem_response(released.error());
  const Revision revision = call.context.journal.newest();
  const auto lost = co_await durable(call.context.journal, revision);
  co_return lost ? problem_response(*lost) : json_response(200, to_json(*released, revision));
}

}  // namespace portd::api
