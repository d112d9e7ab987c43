#pragma once

#include "daemon/core/alerts.hpp"
#include "daemon/core/announcer.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/prober.hpp"
#include "daemon/core/registry.hpp"

namespace portd::core {

// Who tells whom: a lease that ends takes its registration along, a holder that exits what it registered itself; a
// registration that changes is checked anew, and everything that happens becomes an event. All of them outlive each
// other. Before anything is restored.
void connect(Leases& leases, Registry& registry, Health& health, Prober& prober, Announcer& announcer, Alerts& alerts);

}  // namespace portd::core
