#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "daemon/core/alerts.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/registry.hpp"

namespace portd::metrics {

// What is counted when somebody asks, instead of whenever it changes.
struct State {
  const core::Leases& leases;
  const core::Registry& registry;
  const core::Health& health;
  const core::Alerts& alerts;
};

// portd_leases, portd_lease_kinds, portd_range_free_ports, portd_services, portd_checks, portd_alerts.
std::vector<prometheus::MetricFamily> state_figures(const State& state);

}  // namespace portd::metrics
