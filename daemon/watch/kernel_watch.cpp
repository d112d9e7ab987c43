#include "daemon/watch/kernel_watch.hpp"

#include <unistd.h>

#include <algorithm>

#include "daemon/watch/contest.hpp"

namespace portd::watch {

KernelWatch::KernelWatch(core::Leases& leases, MachineWatch& machine, core::Processes& processes, core::Alerts& alerts,
                         uid_t owner)
    : leases_(leases), machine_(machine), processes_(processes), alerts_(alerts), owner_(owner) {}

void KernelWatch::look(Now now) {
  machine_.look(now);
  std::vector<Port> waiting;
  std::vector<Port> gone;  // sockets that were handed over
  std::vector<Concern> concerns;
  leases_.table().for_each([&](const Lease& lease) {
    const bool has_listener = machine_.any_on(lease.port);
    const bool given = leases_.handed_over(lease.port) && !leases_.expects_handover(lease.port, now.steady);
    if (given && !any_tcp_on(lease.port)) gone.push_back(lease.port);
    const bool in_the_way = lease.protocol == Protocol::tcp ? any_tcp_on(lease.port) : has_listener;
    if (!in_the_way && leases_.lacks_hold(lease)) waiting.push_back(lease.port);
    if (!has_listener && lease.state == LeaseState::reserved) return;
    if (has_listener && (is_known(lease) || machine_.awaits_container(lease.port))) return;
    concerns.push_back({lease, {}});
  });
  for (const Port port : gone) leases_.end_handover(port);
  identify(concerns);
  for (const Concern& concern : concerns) {
    update(concern.lease, concern.listeners, now);
    remember(concern);
  }
  forget_released();
  retake_holds(waiting);
  tell_ranges(now.wall);
}

bool KernelWatch::any_tcp_on(Port port) const {
  return std::ranges::any_of(machine_.known_on(port),
                             [](const Listener* each) { return each->protocol == Protocol::tcp; });
}

// A socket is its process's for as long as it lives; so as long as sockets and lease are the same, so is the answer.
bool KernelWatch::is_known(const Lease& lease) const {
  const auto seen = seen_.find(lease.port);
  return seen != seen_.end() && seen->second == seen_of(lease);
}

KernelWatch::Seen KernelWatch::seen_of(const Lease& lease) const {
  Seen seen{lease.revision, lease.holder_alive, {}};
  for (const Listener* each : machine_.known_on(lease.port)) seen.sockets.emplace_back(each->inode, each->container);
  return seen;
}

// What was hidden while we looked is looked at again.
void KernelWatch::remember(const Concern& concern) {
  const bool told = std::ranges::all_of(concern.listeners, [this](const Listener& listener) {
    return listener.process.has_value() || listener.uid != owner_;
  });
  if (told && !concern.listeners.empty()) {
    seen_.insert_or_assign(concern.lease.port, seen_of(concern.lease));
  } else {
    seen_.erase(concern.lease.port);
  }
}

// portd serves on no leased port: a socket that it is about to hand over has no process yet.
void KernelWatch::identify(std::vector<Concern>& concerns) {
  std::vector<Port> ports;
  for (const Concern& concern : concerns) ports.push_back(concern.lease.port);
  machine_.identify(ports);
  for (Concern& concern : concerns) {
    for (const Listener* known : machine_.known_on(concern.lease.port)) {
      Listener& listener = concern.listeners.emplace_back(*known);
      if (listener.process && listener.process->id.pid == ::getpid()) listener.process.reset();
    }
  }
}

void KernelWatch::forget_released() {
  std::erase_if(seen_, [this](const auto& seen) { return leases_.table().find(seen.first) == nullptr; });
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
  contested_.insert(lease.port);
  alerts_.report(AlertKind::port_contested, port, contest_detail(lease, *found.intruder), now,
                 contest_facts(lease, *found.intruder));
}

// A range with less than a twentieth left is about to fill; with more than a tenth it has room again. In between it
// stays as it was, so that one lease that comes and goes is not an alert each time.
void KernelWatch::tell_ranges(TimePoint now) {
  const auto& ranges = leases_.port_rules().ranges;
  std::erase_if(low_, [&ranges](const std::string& name) { return !ranges.contains(name); });
  for (const auto& [name, range] : ranges) {
    const std::uint32_t left = leases_.free_ports(range);
    if (left * 20 < range.size()) low_.insert(name);
    if (left * 10 > range.size()) low_.erase(name);
    if (!low_.contains(name)) {
      alerts_.resolve(AlertKind::range_low, name);
      continue;
    }
    alerts_.report(AlertKind::range_low, name,
                   "range " + name + " (" + range.text() + ") has " + std::to_string(left) + " of " +
                       std::to_string(range.size()) + " ports left; release some (portc prune --gone), or widen it",
                   now, {{"range", range.text()}});
  }
}

}  // namespace portd::watch
