// GET and DELETE /ports.
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "common/lease_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/port_report.hpp"
#include "daemon/api/query.hpp"
#include "daemon/core/occupancy.hpp"

namespace portd::api {

namespace {

// On a leased port those by another protocol that are not its service; the others belong to the lease.
PortReport foreign_on(Port port, std::vector<Listener> listeners, const Context& context) {
  const Lease* lease = context.leases.table().find(port);
  if (lease == nullptr) return report_on(port, std::move(listeners), context);
  std::erase_if(listeners, [&](const Listener& each) {
    return core::verdict_on(each, *lease, context.processes, ::geteuid()) != Verdict::foreign;
  });
  PortReport report = report_on(port, std::move(listeners), context);
  report.lease.reset();
  report.verdict = Verdict::foreign;
  return report;
}

std::vector<PortReport> foreign_ports(const Context& context) {
  std::vector<PortReport> foreign;
  std::vector<Listener> all = context.machine.all();
  for (auto first = all.begin(); first != all.end();) {
    const Port port = first->port;
    const auto last = std::find_if(first, all.end(), [port](const Listener& each) { return each.port != port; });
    PortReport report = foreign_on(port, {std::move_iterator(first), std::move_iterator(last)}, context);
    if (!report.listeners.empty()) foreign.push_back(std::move(report));
    first = last;
  }
  return foreign;
}

}  // namespace

Task<Response> list_ports(Call& call) {
  const auto query = ports_query_from(call.request.query);
  if (!query) co_return problem_response(query.error());
  while (true) {
    call.context.refresh_states();
    PortsReport report{call.context.leases.table().list(query->filter), {}, call.context.journal.newest()};
    for (Lease& lease : report.leases) lease = call.context.leases.view(lease);
    if (query->all) report.foreign = foreign_ports(call.context);
    const auto lost = co_await durable(call.context.journal, report.revision);
    if (lost) continue;  // what was read has been undone meanwhile
    co_return json_response(200, query->all ? to_json(report) : to_json(report.leases, report.revision));
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
