#include "daemon/watch/kernel_watch.hpp"

namespace portd::watch {

using core::AlertKind;

KernelWatch::KernelWatch(core::Leases& leases, core::Listeners& listeners, core::Processes& processes,
                         core::Alerts& alerts, uid_t owner)
    : leases_(leases), listeners_(listeners), processes_(processes), alerts_(alerts), owner_(owner) {}

void KernelWatch::look(Now now) {
  if (leases_.table().size() == 0 && contested_.empty()) return;
  const auto listening = listeners_of_leases();
  static const std::vector<Listener> nobody;
  std::vector<Port> waiting;
  std::vector<Lease> concerned;
  leases_.table().for_each([&](const Lease& lease) {
    const bool has_listener = listening.contains(lease.port);
    if (has_listener || lease.state != LeaseState::reserved) concerned.push_back(lease);
    if (!has_listener && leases_.lacks_hold(lease)) waiting.push_back(lease.port);
  });
  for (const Lease& lease : concerned) {
    const auto found = listening.find(lease.port);
    update(lease, found == listening.end() ? nobody : found->second, now);
  }
  forget_released();
  retake_holds(waiting);
  tell_ranges(now.wall);
}

void KernelWatch::forget_released() {
  std::erase_if(contested_, [&](Port port) {
    if (leases_.table().find(port) != nullptr) return false;
    alerts_.resolve(AlertKind::port_contested, port.text());
    return true;
  });
}

void KernelWatch::retake_holds(const std::vector<Port>& waiting) {
  bool all = true;
  for (const Port port : waiting) {
    leases_.retake_hold(port);
    all = all && !leases_.lacks_hold(*leases_.table().find(port));
  }
  if (all) alerts_.resolve(AlertKind::descriptors_low, "holds");
}

std::map<Port, std::vector<Listener>> KernelWatch::listeners_of_leases() const {
  std::vector<Listener> ours;
  for (Listener& listener : listeners_.snapshot()) {
    if (leases_.table().ports().contains(listener.port)) ours.push_back(std::move(listener));
  }
  listeners_.identify(ours);
  std::map<Port, std::vector<Listener>> by_port;
  for (Listener& listener : ours) by_port[listener.port].push_back(std::move(listener));
  return by_port;
}

void KernelWatch::update(const Lease& lease, const std::vector<Listener>& listeners, Now now) {
  const core::Occupancy found = core::judge(lease, listeners, processes_, owner_);
  leases_.set_state(lease.port, found.state);
  if (found.adopted) leases_.adopt(lease.port, *found.adopted, now);
  tell_contest(lease, found, now.wall);
}

void KernelWatch::tell_contest(const Lease& lease, const core::Occupancy& found, TimePoint now) {
  const std::string port = lease.port.text();
  if (found.state != LeaseState::contested) {
    if (contested_.erase(lease.port) > 0) alerts_.resolve(AlertKind::port_contested, port);
    return;
  }
  if (!found.intruder) return;
  const Listener& intruder = *found.intruder;
  std::string who = "a process of user " + intruder.user;
  if (intruder.process) {
    who = "pid " + std::to_string(intruder.process->id.pid) + " (" + intruder.process->command + ") in " +
          intruder.process->cwd + ", user " + intruder.user + ", since " + to_rfc3339(intruder.process->started_at);
  }
  contested_.insert(lease.port);
  alerts_.raise(AlertKind::port_contested, port,
                "port " + port + " is leased to " + lease.key.text() + ", but " + who +
                    " listens on it; end that, or release the port",
                now);
}

// A range with less than a twentieth left is about to fill.
void KernelWatch::tell_ranges(TimePoint now) {
  for (const auto& [name, range] : leases_.port_rules().ranges) {
    const std::uint32_t left = leases_.free_ports(range);
    if (left * 20 >= range.size()) {
      alerts_.resolve(AlertKind::range_low, name);
      continue;
    }
    alerts_.raise(AlertKind::range_low, name,
                  "range " + name + " (" + range.text() + ") has " + std::to_string(left) + " of " +
                      std::to_string(range.size()) + " ports left; release some (portc prune --gone), or widen it",
                  now);
  }
}

}  // namespace portd::watch
