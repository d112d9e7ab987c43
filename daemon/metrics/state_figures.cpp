#include "daemon/metrics/state_figures.hpp"

#include <iterator>

#include "daemon/metrics/figures.hpp"

namespace portd::metrics {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

void add_leases(Families& families, const core::Leases& leases) {
  Tally<LeaseState> states;
  Tally<LeaseKind> kinds;
  leases.table().for_each([&](const Lease& lease) {
    states.count(lease.state);
    kinds.count(lease.kind);
  });
  families.push_back(states.family("portd_leases", "Leases by what the kernel says of their ports.", "state"));
  families.push_back(kinds.family("portd_lease_kinds", "Leases by what ends them.", "kind"));
}

void add_ranges(Families& families, const core::Leases& leases) {
  auto family = family_of("portd_range_free_ports", "Ports that can still be granted.", prometheus::MetricType::Gauge);
  for (const auto& [name, range] : leases.port_rules().ranges) add(family, leases.free_ports(range), "range", name);
  families.push_back(std::move(family));
}

void add_services(Families& families, const core::Registry& registry, const core::Health& health) {
  Tally<Status> services;
  Tally<Status> checks;
  for (const auto& [key, registration] : registry.all()) {
    const Instance instance = health.view(registration);
    services.count(instance.status);
    for (const CheckReport& report : instance.checks) checks.count(report.status);
  }
  families.push_back(services.family("portd_services", "Registered instances by status.", "status"));
  families.push_back(checks.family("portd_checks", "Checks by status.", "status"));
}

void add_alerts(Families& families, const core::Alerts& alerts) {
  Tally<AlertKind> kinds;
  for (const Alert& alert : alerts.raised()) kinds.count(alert.kind);
  families.push_back(kinds.family("portd_alerts", "Alerts that are raised.", "kind"));
}

}  // namespace

std::vector<prometheus::MetricFamily> state_figures(const State& state) {
  Families families;
  add_leases(families, state.leases);
  add_ranges(families, state.leases);
  add_services(families, state.registry, state.health);
  add_alerts(families, state.alerts);
  return families;
}

}  // namespace portd::metrics
