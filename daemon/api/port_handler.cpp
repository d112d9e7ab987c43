// GET, PATCH and DELETE /ports/{port}.
#include "common/lease_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/port_report.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/request_body.hpp"

namespace portd::api {

Task<Response> show_port(Call& call) {
  const auto port = Port::parse(call.path_values[0]);
  if (!port) co_return problem_response(port.error());
  if (auto query = Query::parse(call.request.query, {}); !query) co_return problem_response(query.error());
  while (true) {
    call.context.refresh_states();
    const PortReport report = report_on(*port, call.context.machine.on(*port), call.context);
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return json_response(200, to_json(report));
    // What was read has been undone meanwhile: read again.
  }
}

Task<Response> change_port(Call& call) {
  const auto port = Port::parse(call.path_values[0]);
  if (!port) co_return problem_response(port.error());
  const auto expected = expected_lease_from(call.request.query);
  if (!expected) co_return problem_response(expected.error());
  const auto patch = read_body(call.request, &lease_patch_from_json);
  if (!patch) co_return problem_response(patch.error());
  const auto lease = call.context.leases.patch(*port, *expected, *patch, call.request.caller, call.context.now());
  if (!lease && !tells_of_a_lease(lease.error())) co_return problem_response(lease.error());
  const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
  if (lost) co_return problem_response(*lost);
  co_return lease ? json_response(200, to_json(*lease)) : problem_response(lease.error());
}

Task<Response> release_port(Call& call) {
  const auto port = Port::parse(call.path_values[0]);
  if (!port) co_return problem_response(port.error());
  const auto expected = expected_lease_from(call.request.query);
  if (!expected) co_return problem_response(expected.error());
  const auto released = call.context.leases.release(*port, *expected, call.context.now());
  if (!released && !tells_of_a_lease(released.error())) co_return problem_response(released.error());
  const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
  if (lost) co_return problem_response(*lost);
  co_return released ? no_content() : problem_response(released.error());
}

}  // namespace portd::api
