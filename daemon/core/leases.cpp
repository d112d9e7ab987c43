#include "daemon/core/leases.hpp"

#include <algorithm>
#include <utility>

namespace portd::core {
namespace {

bool ends_release(const LeaseChange& change) {
  return change.before && (!change.after || change.after->port != change.before->port);
}

// Nobody can ask for an unnamed process lease again, so its port is not worth remembering.
bool is_worth_remembering(const Lease& lease) {
  return lease.kind != LeaseKind::process || !lease.key.service.starts_with("pid-");
}

}  // namespace

Leases::Leases(Rules rules, Holds& holds, Processes& processes, const Listeners& listeners, Journal& journal,
               Alerts& alerts, std::function<Now()> clock, std::uint64_t seed)
    : rules_(std::move(rules)),
      holds_(holds),
      processes_(processes),
      listeners_(listeners),
      journal_(journal),
      alerts_(alerts),
      allocator_(seed),
      clock_(std::move(clock)) {
  count_unavailable();
}

void Leases::use(Rules rules) {
  const Rules before = std::exchange(rules_, std::move(rules));
  count_unavailable();
  for (const auto& [name, range] : before.ports.ranges) {
    if (!rules_.ports.ranges.contains(name)) alerts_.resolve(AlertKind::range_low, name);
  }
  port_freed_();  // one that was excluded may be had now
}

void Leases::count_unavailable() {
  barred_ = never_granted();
  barred_.insert(rules_.ports.excluded);
  unavailable_ = barred_;
  unavailable_.insert(table_.ports());
  for (const auto& [port, keys] : releasing_) unavailable_.insert(port);
}

void Leases::restore(std::vector<Lease> leases, std::vector<RememberedPort> remembered, Now now) {
  for (RememberedPort& memory : remembered) remembered_.insert_or_assign(memory.key, memory);
  Changes ended;
  for (Lease& lease : leases) {
    lease.holder_alive = lease.holder && processes_.alive(lease.holder->id);
    const bool over = lease.kind == LeaseKind::process && !lease.holder_alive;
    if (!over) take(lease.port, lease.protocol, lease.hold, Holds::Claim::own_port, now.wall);
    const Lease kept = lease;
    add(std::move(lease), now);
    if (over && journal_.writable()) ended.push_back(apply(ChangeReason::expired, kept, std::nullopt, now));
  }
  if (!ended.empty()) append(std::move(ended), now);
}

Result<Lease> Leases::patch(Port port, const std::optional<std::string>& expected, const LeasePatch& patch,
                            const Caller& caller, Now now) {
  auto found = leased(port, expected);
  if (!found) return found.error();
  if (auto writable = journal_.writable(); !writable) return writable.error();
  const Lease before = *found;
  Lease after = before;
  if (patch.cwd) after.cwd = *patch.cwd;
  if (patch.hold) after.hold = *patch.hold;
  if (patch.kind) after.kind = *patch.kind;
  if (patch.pid) {
    auto holder = processes_.inspect(*patch.pid, caller.uid);
    if (!holder) return holder.error();
    after.holder = *holder;
  }
  if (after.kind == LeaseKind::process && !(after.holder && processes_.alive(after.holder->id))) {
    return Error{Problem::invalid_value,
                 "a process lease needs a live process; state \"pid\" together with \"kind\"",
                 {{"field", "pid"}}};
  }
  if (patch.ttl && after.kind != LeaseKind::ttl) {
    return Error{Problem::invalid_value,
                 "\"ttl\" is of ttl leases and this one is " + std::string(to_text(after.kind)) +
                     "; state \"kind\": \"ttl\" with it",
                 {{"field", "ttl"}}};
  }
  after.ttl =
      after.kind == LeaseKind::ttl ? std::optional(patch.ttl.value_or(before.ttl.value_or(rules_.ttl))) : std::nullopt;
  if (is_due_for_touch(before, now)) after.last_used_at = now.wall;

  if (after.ttl) set_deadline(port, *after.ttl, now);
  if (after != before) append({apply(ChangeReason::changed, before, std::move(after), now)}, now);
  return view(*table_.find(port));
}

Result<Lease> Leases::release(Port port, const std::optional<std::string>& expected, Now now) {
  auto found = leased(port, expected);
  if (!found) return found.error();
  if (auto writable = journal_.writable(); !writable) return writable.error();
  append({apply(ChangeReason::released, *found, std::nullopt, now)}, now);
  return found;
}

Result<std::vector<Lease>> Leases::release_all(const LeaseFilter& filter, Now now) {
  if (filter.empty()) {
    return Error{Problem::invalid_value,
                 "state which leases to release, e.g. DELETE /ports?project=shop; without a filter none is"};
  }
  if (auto writable = journal_.writable(); !writable) return writable.error();
  std::vector<Lease> released = table_.list(filter);
  Changes changes;
  for (const Lease& lease : released) changes.push_back(apply(ChangeReason::released, lease, std::nullopt, now));
  if (!changes.empty()) append(std::move(changes), now);
  return released;
}

Lease Leases::view(const Lease& lease) const {
  Lease seen = lease;
  seen.held = holds_.held(lease.port);
  if (seen.held && handed_over_.contains(lease.port)) seen.hold = HoldMode::strict;
  if (const auto deadline = deadlines_.find(lease.port); deadline != deadlines_.end()) {
    seen.expires_at = deadline->second.told;
  }
  return seen;
}

std::optional<Verdict> Leases::barred(Port port) const {
  if (is_blocked(port)) return Verdict::blocked;
  if (barred_.contains(port)) return Verdict::excluded;
  return std::nullopt;
}

void Leases::expire_due(Now now) {
  if (!journal_.writable()) return;
  Changes changes;
  while (!due_.empty() && due_.begin()->first <= now.steady) {
    const Lease lease = *table_.find(due_.begin()->second);
    changes.push_back(apply(ChangeReason::expired, lease, std::nullopt, now));
  }
  if (!changes.empty()) append(std::move(changes), now);
}

std::optional<SteadyPoint> Leases::next_due() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

std::vector<Key> Leases::forget_old(Now now) {
  std::vector<Key> forgotten;
  for (const auto& [key, memory] : remembered_) {
    if (now.wall - memory.released_at > rules_.memory) forgotten.push_back(key);
  }
  for (const Key& key : forgotten) remembered_.erase(key);
  return forgotten;
}

void Leases::set_state(Port port, LeaseState state) {
  Lease* lease = table_.runtime(port);
  if (lease == nullptr || std::exchange(lease->state, state) == state) return;
  state_changed_(view(*lease));
}

void Leases::retake_hold(Port port) {
  const Lease* lease = table_.find(port);
  if (lease != nullptr && lacks_hold(*lease)) {
    holds_.take(port, lease->protocol, lease->hold, Holds::Claim::own_port);
  }
}

bool Leases::lacks_hold(const Lease& lease) const {
  return lease.hold != HoldMode::none && !holds_.held(lease.port) && holds_.can_hold(lease.protocol);
}

void Leases::adopt(Port port, const Holder& holder, Now now) {
  const Lease* lease = table_.find(port);
  if (lease == nullptr || !journal_.writable()) return;
  Lease after = *lease;
  after.holder = holder;
  after.last_used_at = now.wall;
  append({apply(ChangeReason::changed, Lease(*lease), std::move(after), now)}, now);
}

void Leases::committed(const Changes& changes) {
  bool freed = false;
  for (const Change& each : changes) {
    const auto* change = std::get_if<LeaseChange>(&each);
    if (change == nullptr) continue;
    if (ends_release(*change)) {
      finish_release(*change->before);
      settle(change->before->port);
      freed = true;
    }
    if (!change->after) continue;
    const Lease* lease = table_.find(change->after->port);
    if (lease != nullptr && lease->hold == HoldMode::none) settle_mode(*lease);
  }
  if (freed) port_freed_();
}

void Leases::undo(const Changes& changes) {
  const Now now = clock_();
  for (const Change& each : changes) {
    if (const auto* change = std::get_if<LeaseChange>(&each)) revert(*change, now);
  }
  if (!changes.empty()) port_freed_();
}

// The inverse of apply().
void Leases::revert(const LeaseChange& change, Now now) {
  if (change.after) remove(change.after->port);
  if (ends_release(change)) finish_release(*change.before);
  if (change.before) {
    add(*change.before, now);
    settle_mode(*change.before);
  }
  if (change.after && (!change.before || change.before->port != change.after->port)) settle(change.after->port);
}

LeaseChange Leases::apply(ChangeReason reason, std::optional<Lease> before, std::optional<Lease> after, Now now) {
  LeaseChange change{reason, journal_.next_revision(), now.wall, std::move(before), std::move(after), std::nullopt};
  if (change.before) remove(change.before->port);
  if (ends_release(change)) {
    begin_release(*change.before);
    if (is_worth_remembering(*change.before)) {
      change.remembered = RememberedPort{change.before->key, change.before->port, now.wall};
      remembered_.insert_or_assign(change.before->key, *change.remembered);
    }
  }
  if (!change.after) return change;
  Lease& lease = *change.after;
  lease.revision = change.revision;
  lease.updated_at = now.wall;
  if (reason == ChangeReason::granted) lease.id = change.revision.text();
  if (change.before && change.before->hold != lease.hold) change_hold(lease, now.wall);
  add(lease, now);
  return change;
}

// Whoever is told of an end appends after it.
void Leases::append(Changes changes, Now now) {
  std::vector<Lease> ended;
  for (const Change& each : changes) {
    const auto* change = std::get_if<LeaseChange>(&each);
    if (change != nullptr && change->before && !change->after) ended.push_back(*change->before);
  }
  journal_.append(std::move(changes));
  for (const Lease& lease : ended) ended_(lease, now);
}

Holds::Outcome Leases::take(Port port, Protocol protocol, HoldMode mode, Holds::Claim claim, TimePoint now) {
  if (holds_.held(port)) return Holds::Outcome::held;
  const Holds::Outcome outcome = holds_.take(port, protocol, mode, claim);
  if (outcome == Holds::Outcome::no_descriptors) {
    alerts_.raise(
        AlertKind::descriptors_low, "holds",
        "descriptors run short: some ports are leased but not held; raise the limit (ulimit -n) and restart portd",
        now);
  }
  return outcome;
}

void Leases::change_hold(const Lease& lease, TimePoint now) {
  if (lease.hold == HoldMode::none) return;  // dropped once that is durable
  take(lease.port, lease.protocol, lease.hold, Holds::Claim::own_port, now);
  settle_mode(lease);
}

// Makes the hold what the lease wants; as long as a socket that was handed over lives it stays strict.
void Leases::settle_mode(const Lease& lease) {
  if (handed_over_.contains(lease.port)) return;
  if (lease.hold == HoldMode::none) {
    holds_.drop(lease.port);
  } else {
    holds_.set_mode(lease.port, lease.hold);
  }
}

void Leases::add(Lease lease, Now now) {
  const Port port = lease.port;
  unavailable_.insert(port);
  lease.holder_alive = lease.holder && processes_.alive(lease.holder->id);
  if (lease.holder_alive) watch_holder(*lease.holder);
  if (lease.ttl) set_deadline(port, *lease.ttl, now);
  table_.insert(std::move(lease));
}

void Leases::remove(Port port) {
  const Lease& lease = *table_.find(port);
  if (lease.holder_alive) unwatch_holder(*lease.holder);
  clear_deadline(port);
  table_.erase(port);
}

// Gives a port back to the range once nothing keeps it: no lease, and no release that is not yet durable.
void Leases::settle(Port port) {
  if (table_.find(port) != nullptr || releasing_.contains(port)) return;
  handed_over_.erase(port);
  holds_.drop(port);
  if (!barred_.contains(port)) unavailable_.erase(port);
}

void Leases::begin_release(const Lease& lease) { releasing_[lease.port].push_back(lease.key); }

void Leases::finish_release(const Lease& lease) {
  std::vector<Key>& keys = releasing_.at(lease.port);
  keys.erase(std::find(keys.begin(), keys.end(), lease.key));
  if (keys.empty()) releasing_.erase(lease.port);
}

void Leases::watch_holder(const Holder& holder) {
  if (++watched_[{holder.id.pid, holder.id.start_ticks}] > 1) return;
  processes_.watch(holder.id, [this, id = holder.id] { holder_exited(id); });
}

void Leases::unwatch_holder(const Holder& holder) {
  const auto watch = watched_.find({holder.id.pid, holder.id.start_ticks});
  if (watch == watched_.end() || --watch->second > 0) return;
  watched_.erase(watch);
  processes_.unwatch(holder.id);
}

void Leases::holder_exited(const ProcessId& id) {
  const Now now = clock_();
  watched_.erase({id.pid, id.start_ticks});
  std::vector<Lease> over;
  std::vector<Lease> vacated;
  table_.for_each([&](const Lease& lease) {
    if (!lease.holder || lease.holder->id != id) return;
    table_.runtime(lease.port)->holder_alive = false;
    (lease.kind == LeaseKind::process ? over : vacated).push_back(lease);
  });
  for (const Lease& lease : vacated) miss_handover(lease.port);
  end_with_holder(over, now);
  // In the same step, before anybody sees the lease without its holder.
  for (const Lease& lease : vacated) vacated_(lease, now);
}

void Leases::end_orphans(Now now) {
  std::vector<Lease> over;
  table_.for_each([&](const Lease& lease) {
    if (lease.kind == LeaseKind::process && !lease.holder_alive) over.push_back(lease);
  });
  end_with_holder(over, now);
}

void Leases::end_with_holder(const std::vector<Lease>& leases, Now now) {
  if (leases.empty() || !journal_.writable()) return;
  Changes changes;
  for (const Lease& lease : leases) changes.push_back(apply(ChangeReason::expired, lease, std::nullopt, now));
  append(std::move(changes), now);
}

bool Leases::is_held_by(const Lease& lease, const Caller& caller) const {
  return caller.pid && lease.holder && lease.holder_alive && processes_.descends(*caller.pid, lease.holder->id);
}

void Leases::set_deadline(Port port, Millis ttl, Now now) {
  clear_deadline(port);
  deadlines_.insert_or_assign(port, Deadline{now.steady + ttl, now.wall + ttl});
  const auto place = due_.emplace(now.steady + ttl, port).first;
  if (place == due_.begin()) expiry_changed_();
}

void Leases::clear_deadline(Port port) {
  const auto deadline = deadlines_.find(port);
  if (deadline == deadlines_.end()) return;
  due_.erase({deadline->second.at, port});
  deadlines_.erase(deadline);
}

Result<Lease> Leases::leased(Port port, const std::optional<std::string>& expected) const {
  const Lease* lease = table_.find(port);
  if (lease == nullptr) {
    return Error{Problem::not_found,
                 "port " + port.text() + " is not leased; GET /ports lists the leases",
                 {{"port", std::int64_t{port.number()}}}};
  }
  if (expected && *expected != lease->id) {
    return Error{Problem::stale_lease,
                 "port " + port.text() + " has lease " + lease->id + " of " + lease->key.text() + " by now, not " +
                     *expected + "; look again before you change it",
                 {{"port", std::int64_t{port.number()}}, {"lease", lease->id}}};
  }
  return *lease;
}

// last_used_at is kept to the minute, so that asking again costs no commit.
bool Leases::is_due_for_touch(const Lease& lease, Now now) {
  const auto age = now.wall - lease.last_used_at;
  return age >= std::chrono::minutes(1) || age <= -std::chrono::minutes(1);
}

}  // namespace portd::core
