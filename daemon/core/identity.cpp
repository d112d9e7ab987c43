#include "daemon/core/identity.hpp"

#include "common/printable.hpp"
#include "daemon/core/occupancy.hpp"

namespace portd::core {

std::string describe(const Listener& listener) {
  if (listener.container) return "container " + listener.container->name + " (" + listener.container->image + ")";
  if (!listener.process) return "a process of user " + listener.user;
  std::string text = "pid " + std::to_string(listener.process->id.pid) + " (" + listener.process->command + ")";
  if (!listener.process->cwd.empty()) text += " in " + escaped(listener.process->cwd);
  return text;
}

std::optional<std::string> Identity::impostor(Port port, const std::string& address) {
  const Lease* lease = leases_.table().find(port);
  auto listener = lease == nullptr ? std::nullopt : listeners_.reached_by(address, port);
  if (!listener) {
    seen_.erase(port);
    return std::nullopt;
  }
  const auto seen = seen_.find(port);
  if (seen != seen_.end() && seen->second.inode == listener->inode && seen->second.lease == lease->revision &&
      seen->second.holder_alive == lease->holder_alive) {
    return std::nullopt;
  }
  std::vector<Listener> listeners{std::move(*listener)};
  listeners_.identify(listeners);
  listeners[0].container = machine_.container_of(listeners[0]);
  if (!listeners[0].container && machine_.awaits_container(listeners[0])) return std::nullopt;
  const Occupancy found = judge(*lease, listeners, processes_, owner_);
  if (found.intruder) return describe(*found.intruder);
  // A process that could not be seen this time is looked for again.
  if (listeners[0].process) {
    seen_.insert_or_assign(port, Seen{listeners[0].inode, lease->revision, lease->holder_alive});
  }
  return std::nullopt;
}

}  // namespace portd::core
