#include "daemon/core/wiring.hpp"

namespace portd::core {

void connect(Leases& leases, Registry& registry, Health& health, Prober& prober, Announcer& announcer, Alerts& alerts) {
  health.use(prober);
  leases.on_ended([&registry](const Lease& lease, Now now) { registry.lease_ended(lease, now); });
  leases.on_vacated([&registry](const Lease& lease, Now now) { registry.lease_vacated(lease, now); });
  leases.on_state_changed([&announcer](const Lease& lease) { announcer.state_changed(lease); });
  registry.on_changed([&health](const InstanceKey& key) { health.sync(key); });
  alerts.on_changed([&announcer](const Alert& alert) { announcer.alert_changed(alert); });
}

}  // namespace portd::core
