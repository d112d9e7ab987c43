#include "daemon/watch/kernel_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "daemon/watch/contest.hpp"

namespace portd::watch {

namespace {

bool any_tcp(const std::vector<Listener>& listeners) {
  return std::ranges::any_of(listeners, [](const Listener& each) { return each.protocol == Protocol::tcp; });
}

}  // namespace

KernelWatch::KernelWatch(core::Leases& leases, core::Listeners& listeners, core::Processes& processes,
                         core::Alerts& alerts, uid_t owner)
    : leases_(leases), listeners_(listeners), processes_(processes), alerts_(alerts), owner_(owner) {}

void KernelWatch::look(Now now) {
  if (leases_.table().size() == 0 && contested_.empty()) return;
  const ByPort listening = listeners_of_leases();
  std::vector<Port> waiting;
  std::vector<Port> gone;  // sockets that were handed over
  std::vector<Concern> concerns;
  leases_.table().for_each([&](const Lease& lease) {
    const auto found = listening.find(lease.port);
    const bool has_listener = found != listening.end();
    if (leases_.handed_over(lease.port) && !(has_listener && any_tcp(found->second))) gone.push_back(lease.port);
    if (!has_listener && leases_.lacks_hold(lease)) waiting.push_back(lease.port);
    if (!has_listener && lease.state == LeaseState::reserved) return;
    if (has_listener && is_known(lease, found->second)) return;
    concerns.push_back({lease, has_listener ? found->second : std::vector<Listener>()});
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

// A socket is its process's for as long as it lives; so as long as sockets and lease are the same, so is the answer.
bool KernelWatch::is_known(const Lease& lease, const std::vector<Listener>& listeners) const {
  const auto seen = seen_.find(lease.port);
  return seen != seen_.end() && seen->second == seen_of(lease, listeners);
}

KernelWatch::Seen KernelWatch::seen_of(const Lease& lease, const std::vector<Listener>& listeners) {
  Seen seen{lease.revision, lease.holder_alive, {}};
  for (const Listener& listener : listeners) seen.inodes.push_back(listener.inode);
  std::ranges::sort(seen.inodes);
  return seen;
}

// What was hidden while we looked is looked at again.
void KernelWatch::remember(const Concern& concern) {
  const bool told = std::ranges::all_of(concern.listeners, [this](const Listener& listener) {
    return listener.process.has_value() || listener.uid != owner_;
  });
  if (told && !concern.listeners.empty()) {
    seen_.insert_or_assign(concern.lease.port, seen_of(concern.lease, concern.listeners));
  } else {
    seen_.erase(concern.lease.port);
  }
}

// All at once: the processes are searched through once. portd serves on no leased port: a socket that it is about to
// hand over has no process yet.
void KernelWatch::identify(std::vector<Concern>& concerns) const {
  std::vector<Listener> all;
  for (const Concern& concern : concerns) all.insert(all.end(), concern.listeners.begin(), concern.listeners.end());
  listeners_.identify(all);
  for (Listener& listener : all) {
    if (listener.process && listener.process->id.pid == ::getpid()) listener.process.reset();
  }
  auto next = all.begin();
  for (Concern& concern : concerns) {
    const auto end = next + static_cast<std::ptrdiff_t>(concern.listeners.size());
    concern.listeners.assign(std::move_iterator(next), std::move_iterator(end));
    next = end;
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

KernelWatch::ByPort KernelWatch::listeners_of_leases() const {
  ByPort by_port;
  for (Listener& listener : listeners_.snapshot()) {
    if (leases_.table().ports().contains(listener.port)) by_port[listener.port].push_back(std::move(listener));
  }
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
  contested_.insert(lease.port);
  alerts_.report(AlertKind::port_contested, port, contest_detail(lease, *found.intruder), now,
                 contest_facts(lease, *found.intruder));
}

// A range with less than a twentieth left is about to fill.
void KernelWatch::tell_ranges(TimePoint now) {
  for (const auto& [name, range] : leases_.port_rules().ranges) {
    const std::uint32_t left = leases_.free_ports(range);
    if (left * 20 >= range.size()) {
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
