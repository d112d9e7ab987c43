#include "daemon/api/port_report.hpp"

#include <utility>

#include "daemon/core/port_warnings.hpp"

namespace portd::api {
namespace {

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
Verdict verdict_of(const PortReport& report) {
  if (report.lease) return verdict_of(report.lease->state);
  if (!report.listeners.empty()) return Verdict::foreign;
  return report.barred.value_or(Verdict::free);
}

}  // namespace

PortReport report_on(Port port, std::vector<Listener> listeners, const Context& context) {
  PortReport report{port};
  report.listeners = std::move(listeners);
  if (const Lease* lease = context.leases.table().find(port)) report.lease = context.leases.view(*lease);
  report.barred = context.leases.barred(port);
  report.verdict = verdict_of(report);
  report.ephemeral = context.ephemeral && context.ephemeral->contains(port);
  report.warnings = core::warnings_of(report.listeners);
  return report;
}

}  // namespace portd::api
