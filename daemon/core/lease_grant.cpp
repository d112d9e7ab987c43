// POST /ports: from a request to a decision.
#include <algorithm>

#include "daemon/core/leases.hpp"

namespace portd::core {
namespace {

std::string pid_text(const Holder& holder) { return std::to_string(holder.id.pid); }

Error other_terms(const Lease& lease, std::string_view term, std::string_view has, std::string_view asked) {
  return {Problem::key_conflict,
          lease.key.text() + " is leased with " + std::string(term) + " " + std::string(has) + ", not " +
              std::string(asked) + "; change it with PATCH /ports/" + lease.port.text() + ", or leave " +
              std::string(term) + " out",
          {{"port", std::int64_t{lease.port.number()}}, {"field", std::string(term)}}};
}

}  // namespace

Result<Granted> Leases::grant(const GrantRequest& request, const Caller& caller, Now now) {
  if (auto writable = journal_.writable(); !writable) return writable.error();
  auto holder = holder_of(request, caller);
  if (!holder) return holder.error();

  Draft draft{request, *holder, now};
  for (const Key& key : keys_of(request, *holder)) {
    auto granted = grant_role(draft, key);
    if (granted) continue;
    std::reverse(draft.changes.begin(), draft.changes.end());
    undo(draft.changes);
    return granted.error();
  }

  if (request.handover) {
    for (const Port port : draft.ports) expect_handover(port, now.steady);
  } else {
    miss_handovers(draft);
  }
  Granted answer{{}, draft.created, !draft.changes.empty(), draft.read};
  for (Port port : draft.ports) answer.leases.push_back(view(*table_.find(port)));
  if (answer.changed) {
    answer.revision = revision_of(draft.changes.back());
    append(std::move(draft.changes), now);
  }
  return answer;
}

// A pid that was stated wins over the peer's; the peer may be gone already, which matters to nobody but a process
// lease.
Result<std::optional<Holder>> Leases::holder_of(const GrantRequest& request, const Caller& caller) const {
  if (request.pid) {
    auto holder = processes_.inspect(*request.pid, caller.uid);
    if (!holder) return holder.error();
    return std::optional<Holder>(*holder);
  }
  if (caller.pid && !request.no_holder) {
    if (auto holder = processes_.inspect(*caller.pid, caller.uid)) return std::optional<Holder>(*holder);
  }
  if (request.kind == LeaseKind::process) {
    return Error{Problem::invalid_value,
                 "a process lease ends with its process; state \"pid\", the process that is to keep it",
                 {{"field", "pid"}}};
  }
  return std::optional<Holder>();
}

std::vector<Key> Leases::keys_of(const GrantRequest& request, const std::optional<Holder>& holder) {
  // A process lease without a service is known by its process and a number that is never used again.
  const std::string service = request.service ? *request.service
                                              : "pid-" + (holder ? pid_text(*holder) : std::string("0")) + "-" +
                                                    std::to_string(journal_.next_revision().number);
  std::vector<Key> keys;
  for (const std::string& role : request.roles) keys.push_back({request.project, service, request.instance, role});
  return keys;
}

Result<void> Leases::grant_role(Draft& draft, const Key& key) {
  const Lease* lease = table_.find(key);
  if (lease == nullptr) return grant_new(draft, key);
  return ask_again(draft, Lease(*lease));
}

Result<void> Leases::ask_again(Draft& draft, const Lease& lease) {
  if (auto running = check_not_running(draft.holder, lease); !running) return running;
  if (auto same = check_same_terms(draft.request, lease); !same) return same;
  if (draft.request.port && *draft.request.port != lease.port) return move(draft, lease);

  return renew(draft, lease);
}

Result<void> Leases::renew(Draft& draft, const Lease& lease) {
  Lease after = renewed(draft, lease);
  if (lease.ttl) set_deadline(lease.port, *lease.ttl, draft.now);
  draft.read = std::max(draft.read, lease.revision);
  draft.ports.push_back(lease.port);
  if (after != lease) draft.changes.push_back(apply(ChangeReason::changed, lease, std::move(after), draft.now));
  return {};
}

// What asking again makes of a lease: a vacant one gets its new holder.
Lease Leases::renewed(const Draft& draft, const Lease& lease) const {
  Lease after = lease;
  const bool vacant = !lease.holder || !processes_.alive(lease.holder->id);
  if (draft.holder && vacant) after.holder = draft.holder;
  if (draft.request.cwd) after.cwd = *draft.request.cwd;
  if (is_due_for_touch(lease, draft.now)) after.last_used_at = draft.now.wall;
  return after;
}

Result<void> Leases::check_not_running(const std::optional<Holder>& holder, const Lease& lease) const {
  if (!holder || !lease.holder || !processes_.alive(lease.holder->id)) return {};
  if (processes_.descends(holder->id.pid, lease.holder->id)) return {};
  return Error{Problem::already_running,
               lease.key.text() + " already runs as pid " + pid_text(*lease.holder) + " (" + lease.holder->command +
                   ") on " + lease.url() + "; use that one, end it, or ask for another instance",
               {{"port", std::int64_t{lease.port.number()}},
                {"pid", std::int64_t{lease.holder->id.pid}},
                {"command", lease.holder->command},
                {"url", lease.url()}}};
}

Result<void> Leases::check_same_terms(const GrantRequest& request, const Lease& lease) const {
  if (request.kind && *request.kind != lease.kind) {
    return other_terms(lease, "kind", to_text(lease.kind), to_text(*request.kind));
  }
  if (request.ttl && request.ttl != lease.ttl) {
    return other_terms(lease, "ttl", lease.ttl ? to_text(*lease.ttl) : "none", to_text(*request.ttl));
  }
  if (request.hold && *request.hold != lease.hold) {
    return other_terms(lease, "hold", to_text(lease.hold), to_text(*request.hold));
  }
  if (request.protocol && *request.protocol != lease.protocol) {
    return Error{Problem::key_conflict,
                 lease.key.text() + " is leased for " + std::string(to_text(lease.protocol)) + ", not " +
                     std::string(to_text(*request.protocol)) + "; release port " + lease.port.text() + " first",
                 {{"port", std::int64_t{lease.port.number()}}, {"field", "protocol"}}};
  }
  return {};
}

// Under on_conflict `next` a key that has a port keeps it when the asked one is taken: asking the same thing at every
// start must not move it each time.
Result<void> Leases::move(Draft& draft, const Lease& lease) {
  auto port = asked_port(draft, lease.key, *draft.request.port);
  if (!port) {
    const bool keep = draft.request.on_conflict.value_or(rules_.ports.on_conflict) == OnConflict::next;
    if (keep && port.error().problem == Problem::port_in_use) return renew(draft, lease);
    return port.error();
  }
  Lease after = renewed(draft, lease);
  after.port = *port;
  after.state = LeaseState::reserved;
  draft.changes.push_back(apply(ChangeReason::moved, lease, std::move(after), draft.now));
  draft.ports.push_back(*port);
  return {};
}

Result<void> Leases::grant_new(Draft& draft, const Key& key) {
  const GrantRequest& request = draft.request;
  auto port = port_for(draft, key);
  if (!port) return port.error();

  Lease lease;
  lease.port = *port;
  lease.key = key;
  lease.protocol = request.protocol.value_or(Protocol::tcp);
  lease.kind = request.kind.value_or(request.ttl ? LeaseKind::ttl : LeaseKind::sticky);
  lease.hold = hold_of(request);
  lease.cwd = request.cwd.value_or("");
  if (lease.kind == LeaseKind::ttl) lease.ttl = request.ttl.value_or(rules_.ttl);
  lease.holder = draft.holder;
  lease.created_at = lease.last_used_at = draft.now.wall;
  draft.changes.push_back(apply(ChangeReason::granted, std::nullopt, std::move(lease), draft.now));
  draft.ports.push_back(*port);
  draft.created = true;
  return {};
}

// The port for a new lease, held when this returns.
Result<Port> Leases::port_for(Draft& draft, const Key& key) {
  auto range = range_of(draft.request);
  if (!range) return range.error();
  if (draft.request.port) return asked_port(draft, key, *draft.request.port);

  std::optional<PortRange> only;
  if (draft.request.range) only = *range;
  if (auto old = remembered_port(draft, key, only)) {
    const Protocol protocol = draft.request.protocol.value_or(Protocol::tcp);
    const auto outcome = take(*old, protocol, first_mode(draft.request), Holds::Claim::own_port, draft.now.wall);
    if (outcome != Holds::Outcome::in_use && outcome != Holds::Outcome::denied) return *old;
  }
  return search(draft, key, *range, std::nullopt);
}

// A port that was asked for by number: it, or what on_conflict says.
Result<Port> Leases::asked_port(Draft& draft, const Key& key, Port port) {
  if (auto verdict = barred(port)) {
    return Error{Problem::invalid_value,
                 "port " + port.text() + " is never granted: " +
                     (*verdict == Verdict::blocked ? "browsers refuse to open it"
                                                   : "it is excluded, as a well-known port or by the configuration") +
                     "; ask for another, or leave \"port\" out",
                 {{"field", "port"}, {"port", std::int64_t{port.number()}}}};
  }
  const OnConflict on_conflict = draft.request.on_conflict.value_or(rules_.ports.on_conflict);
  const Lease* other = table_.find(port);
  if (other != nullptr && on_conflict == OnConflict::reclaim && reclaim(draft, Lease(*other))) return port;

  const bool own = remembered_port(draft, key, PortRange{port, port}).has_value();
  if (own || !unavailable_.contains(port)) {
    const auto claim = own ? Holds::Claim::own_port : Holds::Claim::new_port;
    const Protocol protocol = draft.request.protocol.value_or(Protocol::tcp);
    const auto outcome = take(port, protocol, first_mode(draft.request), claim, draft.now.wall);
    if (outcome == Holds::Outcome::denied) {
      return Error{Problem::invalid_value,
                   "the system does not let portd bind port " + port.text() + "; ask for one above 1023",
                   {{"field", "port"}, {"port", std::int64_t{port.number()}}}};
    }
    if (outcome != Holds::Outcome::in_use) return port;
  }
  if (on_conflict != OnConflict::next || table_.find(key) != nullptr) return conflict(port, key);

  auto range = range_of(draft.request);
  if (!range) return range.error();
  if (!range->contains(port)) return search(draft, key, *range, std::nullopt);
  return search(draft, key, *range, port);
}

std::optional<Port> Leases::remembered_port(const Draft& draft, const Key& key,
                                            const std::optional<PortRange>& only) const {
  const auto memory = remembered_.find(key);
  if (memory == remembered_.end() || draft.now.wall - memory->second.released_at > rules_.memory) return std::nullopt;
  const Port port = memory->second.port;
  if (only && !only->contains(port)) return std::nullopt;
  if (!unavailable_.contains(port)) return port;
  // Released by this very key a moment ago, and the hold still there: it simply goes on.
  const auto releasing = releasing_.find(port);
  const bool only_ours =
      releasing != releasing_.end() && table_.find(port) == nullptr && releasing->second.back() == key;
  return only_ours && holds_.held(port) ? std::optional(port) : std::nullopt;
}

Result<Port> Leases::search(const Draft& draft, const Key& key, PortRange range, std::optional<Port> from) {
  const Strategy strategy = draft.request.strategy.value_or(rules_.ports.strategy);
  const Port start = from ? *from : allocator_.start(strategy, key, range, unavailable_);
  Candidates candidates(unavailable_, range, start);
  while (auto port = candidates.next()) {
    const Protocol protocol = draft.request.protocol.value_or(Protocol::tcp);
    const auto outcome = take(*port, protocol, first_mode(draft.request), Holds::Claim::new_port, draft.now.wall);
    if (outcome != Holds::Outcome::in_use && outcome != Holds::Outcome::denied) return *port;
  }
  return Error{Problem::range_full,
               "no port of " + range.text() + " is free; release some (portc prune --gone), or widen the range",
               {{"range", range.text()}}};
}

Result<PortRange> Leases::range_of(const GrantRequest& request) const {
  const std::string name = request.range.value_or("default");
  if (const auto range = rules_.ports.ranges.find(name); range != rules_.ports.ranges.end()) return range->second;
  std::string known;
  for (const auto& [other, range] : rules_.ports.ranges) known += (known.empty() ? "" : ", ") + other;
  return Error{Problem::invalid_value, "there is no range \"" + name + "\"; known: " + known, {{"field", "range"}}};
}

// Only from a lease whose recorded holder is dead and whose port nobody listens on. The hold goes over as it is.
bool Leases::reclaim(Draft& draft, const Lease& lease) {
  const bool abandoned = lease.holder && !processes_.alive(lease.holder->id) && lease.state == LeaseState::reserved &&
                         !handed_over_.contains(lease.port);
  const bool same_hold =
      lease.hold == hold_of(draft.request) && lease.protocol == draft.request.protocol.value_or(Protocol::tcp);
  if (!abandoned || !same_hold) return false;
  draft.changes.push_back(apply(ChangeReason::released, lease, std::nullopt, draft.now));
  return true;
}

Error Leases::conflict(Port port, const Key& key) const {
  const Lease* lease = table_.find(port);
  std::vector<Fact> facts{{"port", std::int64_t{port.number()}}};
  if (lease == nullptr && releasing_.contains(port)) {
    return {Problem::port_in_use, "port " + port.text() + " is being released this moment; ask again",
            std::move(facts)};
  }
  if (lease == nullptr) {
    return {Problem::port_in_use,
            "port " + port.text() + " is in use by a program that has no lease (portc who " + port.text() +
                " names it); end it, or omit \"port\"",
            std::move(facts)};
  }
  facts.push_back({"key", lease->key.text()});
  facts.push_back({"service", lease->key.service});
  facts.push_back({"lease", lease->id});
  if (lease->holder && lease->holder_alive) facts.push_back({"pid", std::int64_t{lease->holder->id.pid}});
  return {Problem::port_in_use,
          "port " + port.text() + " is leased to " + lease->key.text() + " since " + to_rfc3339(lease->created_at) +
              "; release it or omit \"port\" (asked for by " + key.text() + ")",
          std::move(facts)};
}

}  // namespace portd::core
