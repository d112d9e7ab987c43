#include "daemon/core/occupancy.hpp"

namespace portd::core {
namespace {

bool concerns(const Lease& lease, const Listener& listener) {
  return lease.protocol == Protocol::both || lease.protocol == listener.protocol;
}

// PORTD_LEASE is "KEY,PORT,PID of the launcher".
bool carries_lease(const Lease& lease, pid_t pid, const Processes& processes) {
  const auto value = processes.environment(pid, "PORTD_LEASE");
  return value && value->starts_with(lease.key.text() + "," + lease.port.text() + ",");
}

bool is_adoptable(const Lease& lease, const Listener& listener, const Processes& processes, uid_t owner) {
  if (listener.uid != owner) return false;
  if (lease.cwd.empty() || lies_in(listener.process->cwd, lease.cwd)) return true;
  return carries_lease(lease, listener.process->id.pid, processes);
}

// By its label, or because the port was adopted with that container.
bool is_served_by(const std::optional<Container>& container, const Lease& lease) {
  if (!container) return false;
  if (!lease.container.empty() && lease.container == container->name) return true;
  const auto key = Key::parse(container->key);
  return key && *key == lease.key;
}

}  // namespace

bool lies_in(const std::string& path, const std::string& folder) {
  if (folder == "/") return path.starts_with("/");
  return path == folder || path.starts_with(folder + "/");
}

Occupancy judge(const Lease& lease, const std::vector<Listener>& listeners, const Processes& processes, uid_t owner) {
  Occupancy found;
  std::optional<ProcessId> holder;
  if (lease.holder && lease.holder_alive) holder = lease.holder->id;
  for (const Listener& listener : listeners) {
    if (!concerns(lease, listener)) continue;
    if (is_served_by(listener.container, lease)) {
      found.state = LeaseState::listening;
      continue;
    }
    if (!listener.process) {
      if (listener.uid != owner) return {LeaseState::contested, std::nullopt, listener};
      // Ours, but gone or hidden while we looked: the next look tells.
      found.state = lease.state == LeaseState::contested ? LeaseState::contested : LeaseState::listening;
      continue;
    }
    const bool own = holder ? processes.descends(listener.process->id.pid, *holder)
                            : is_adoptable(lease, listener, processes, owner);
    if (!own) return {LeaseState::contested, std::nullopt, listener};
    found.state = LeaseState::listening;
    if (!holder) {
      found.adopted = listener.process;
      holder = listener.process->id;
    }
  }
  return found;
}

Verdict verdict_on(const Listener& listener, const Lease& lease, const Processes& processes, uid_t owner) {
  Lease of_any_protocol = lease;
  of_any_protocol.protocol = Protocol::both;
  if (judge(of_any_protocol, {listener}, processes, owner).state == LeaseState::listening) return Verdict::listening;
  return concerns(lease, listener) ? Verdict::contested : Verdict::foreign;
}

}  // namespace portd::core
