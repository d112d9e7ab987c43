// GET, PATCH and DELETE /ports/{port}.
#include <algorithm>

#include "common/lease_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {
namespace {

std::vector<Listener> listeners_on(Port port, const core::Listeners& source) {
  std::vector<Listener> listeners = source.snapshot();
  std::erase_if(listeners, [port](const Listener& listener) { return listener.port != port; });
  source.identify(listeners);
  return listeners;
}

Verdict verdict_of(LeaseState state) {
  switch (state) {
    case LeaseState::reserved:
      return Verdict::reserved;
    case LeaseState::listening:
      return Verdict::listening;
    case LeaseState::contested:
      return Verdict::contested;
  }
  return Verdict::reserved;
}

// What is there weighs more than what may never be granted.
Verdict verdict_of(const PortReport& report, const core::Leases& leases) {
  if (report.lease) return verdict_of(report.lease->state);
  if (!report.listeners.empty()) return Verdict::foreign;
  return leases.barred(report.port).value_or(Verdict::free);
}

PortReport report_on(Port port, const Context& context) {
  context.refresh_states();
  PortReport report{port};
  report.listeners = listeners_on(port, context.listeners);
  if (const Lease* lease = context.leases.table().find(port)) report.lease = context.leases.view(*lease);
  report.verdict = verdict_of(report, context.leases);
  report.barred = context.leases.barred(port);
  return report;
}

Result<LeasePatch> read_patch(const Request& request) {
  auto json = parse_json(request.body);
  if (!json) return json.error();
  return lease_patch_from_json(*json);
}

}  // namespace

Task<Response> show_port(Call& call) {
  const auto port = Port::parse(call.path_values[0]);
  if (!port) co_return problem_response(port.error());
  if (auto query = Query::parse(call.request.query, {}); !query) co_return problem_response(query.error());
  while (true) {
    const PortReport report = report_on(*port, call.context);
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
  const auto patch = read_patch(call.request);
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
