#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/lease.hpp"
#include "daemon/core/alerts.hpp"
#include "daemon/core/allocator.hpp"
#include "daemon/core/holds.hpp"
#include "daemon/core/journal.hpp"
#include "daemon/core/lease_table.hpp"
#include "daemon/core/processes.hpp"

namespace portd::core {

// A grant's answer. The caller waits until `revision` is durable before anybody hears of it.
struct Granted {
  std::vector<Lease> leases;
  bool created = false;  // any of them is new
  bool changed = false;  // anything was appended to the journal
  Revision revision;     // the newest that was read or made
};

// What a handover gives away.
struct Handover {
  Descriptor socket;
  Lease lease;
};

// The rules of section 2 of the design: grant, renew, release, expire, move. Every call decides in one
// step that does not suspend and appends what it changed to the journal. Loop thread only.
class Leases : public JournalListener {
 public:
  struct Rules {
    PortRules ports;
    Millis ttl{30'000};                          // of a ttl lease that states none
    Millis memory{std::chrono::hours(24 * 90)};  // how long a released key's port is remembered
  };

  // The references must outlive this. `clock`: for what comes without a caller, such as the exit of a process.
  // `seed`: of the strategy `random`.
  Leases(Rules rules, Holds& holds, Processes& processes, const Listeners& listeners, Journal& journal, Alerts& alerts,
         std::function<Now()> clock, std::uint64_t seed);

  // Other rules from now on. What is leased stays as it was granted, also outside of the new ranges.
  void use(Rules rules);

  // At start-up, before anything else: takes what the store kept, and the holds. A ttl lease gets a full ttl;
  // a process lease whose holder is dead is released.
  void restore(std::vector<Lease> leases, std::vector<RememberedPort> remembered, Now now);

  // Errors: invalid_value, port_in_use, already_running, key_conflict, range_full, store_unavailable.
  Result<Granted> grant(const GrantRequest& request, const Caller& caller, Now now);

  // Of a request with `adopt`: what listens on its port already gets a lease of its key, and is not touched.
  // `listeners`: all on that port, identified. `self`: portd. A port that is never granted may be adopted. Errors:
  // not_found (nobody listens), forbidden (another user's, or portd's own), port_in_use, already_running, key_conflict,
  // store_unavailable.
  Result<Granted> adopt_running(const GrantRequest& request, const std::vector<Listener>& listeners,
                                const Caller& caller, pid_t self, Now now);

  // `expected`: the lease id, if the caller stated one. Errors: not_found, stale_lease, invalid_value, ...
  Result<Lease> patch(Port port, const std::optional<std::string>& expected, const LeasePatch& patch,
                      const Caller& caller, Now now);
  Result<Lease> release(Port port, const std::optional<std::string>& expected, Now now);
  // The released ones. Error: invalid_value when the filter is empty.
  Result<std::vector<Lease>> release_all(const LeaseFilter& filter, Now now);

  const LeaseTable& table() const { return table_; }
  const PortRules& port_rules() const { return rules_.ports; }

  // How a lease looks to a reader at this moment (held, expiry).
  Lease view(const Lease& lease) const;

  // The port's place apart from listeners: excluded, blocked, or neither.
  std::optional<Verdict> barred(Port port) const;

  // Ends every ttl lease that is due.
  void expire_due(Now now);
  // The next moment at which one is due.
  std::optional<SteadyPoint> next_due() const;

  // Forgets released ports older than the memory.
  std::vector<Key> forget_old(Now now);

  // A socket that listens on the port, for the caller alone; nothing is kept of it. Until nobody listens on it any
  // more, the hold is strict. Errors: not_found, stale_lease, invalid_value, port_in_use (naming who listens),
  // overloaded.
  Result<Handover> hand_over(Port port, const std::optional<std::string>& expected, const ListenAddress& address,
                             Now now);
  // Whether a socket that was handed over, or will be at once, is not known to be gone.
  bool handed_over(Port port) const { return handed_over_.contains(port); }
  // Whether it was promised so short a time ago that nobody needs to listen yet.
  bool expects_handover(Port port, SteadyPoint now) const;
  // It is gone: the hold is as the lease has it again.
  void end_handover(Port port);

  // Whether the caller is the lease's live holder or a descendant of it.
  bool is_held_by(const Lease& lease, const Caller& caller) const;

  // Ends what should have ended with its holder and did not, because the disk was full or nobody was told of the exit.
  void end_orphans(Now now);

  // The watcher's findings. `retake_hold` binds again once a listener that was there first has gone.
  void set_state(Port port, LeaseState state);
  void retake_hold(Port port);
  bool lacks_hold(const Lease& lease) const;
  // A process that the lease recognises as its service from now on (adoption).
  void adopt(Port port, const Holder& holder, Now now);

  // Called whenever a port may have become free: a lease ended and that is durable. For on_conflict: wait.
  void on_port_freed(std::function<void()> callback) { port_freed_ = std::move(callback); }
  // How many ports of a range can still be granted.
  std::uint32_t free_ports(PortRange range) const { return range.size() - unavailable_.count(range); }

  // Called when a lease has ended, moves not counted; not yet durable.
  void on_ended(std::function<void(const Lease&, Now)> callback) { ended_ = std::move(callback); }
  // Called when the holder of a lease that stays has exited.
  void on_vacated(std::function<void(const Lease&, Now)> callback) { vacated_ = std::move(callback); }
  // Called when the watcher has found another state.
  void on_state_changed(std::function<void(const Lease&)> callback) { state_changed_ = std::move(callback); }

  // Called when next_due() has become earlier.
  void on_expiry_changed(std::function<void()> callback) { expiry_changed_ = std::move(callback); }

  void committed(const Changes& changes) override;
  void undo(const Changes& changes) override;

 private:
  // One grant while it is being decided: what was changed so far, to be undone when a role fails.
  struct Draft {
    const GrantRequest& request;
    std::optional<Holder> holder;
    Now now;
    Changes changes{};
    std::vector<Port> ports{};
    Revision read{};
    bool created = false;
  };

  // What listens on a port that is adopted, and the one of them that gets the lease. `owner`: whose leases these are.
  struct Running {
    Listener server;
    std::vector<Listener> all;  // portd's own without their process
    uid_t owner;
  };

  // When a ttl lease ends, and what readers are told of it: the same at every look.
  struct Deadline {
    SteadyPoint at;
    TimePoint told;
  };

  // lease_grant.cpp
  Result<std::optional<Holder>> holder_of(const GrantRequest& request, const Caller& caller) const;
  std::vector<Key> keys_of(const GrantRequest& request, const std::optional<Holder>& holder);
  Result<void> grant_role(Draft& draft, const Key& key);
  Result<void> ask_again(Draft& draft, const Lease& lease);
  Result<void> check_same_terms(const GrantRequest& request, const Lease& lease) const;
  Result<void> check_not_running(const std::optional<Holder>& holder, const Lease& lease) const;
  Result<void> move(Draft& draft, const Lease& lease);
  Result<void> renew(Draft& draft, const Lease& lease);
  Lease renewed(const Draft& draft, const Lease& lease) const;
  Result<void> grant_new(Draft& draft, const Key& key);
  Result<Port> port_for(Draft& draft, const Key& key);
  Result<Port> asked_port(Draft& draft, const Key& key, Port port);
  std::optional<Port> remembered_port(const Draft& draft, const Key& key, const std::optional<PortRange>& only) const;
  Result<Port> search(const Draft& draft, const Key& key, PortRange range, std::optional<Port> from);
  Result<PortRange> range_of(const GrantRequest& request) const;
  bool reclaim(Draft& draft, const Lease& lease);
  Error conflict(Port port, const Key& key) const;

  HoldMode hold_of(const GrantRequest& request) const { return request.hold.value_or(rules_.ports.hold); }
  // Of the first hold: nobody gets in before a socket that will be handed over.
  HoldMode first_mode(const GrantRequest& request) const {
    return request.handover && hold_of(request) == HoldMode::open ? HoldMode::strict : hold_of(request);
  }

  // lease_adoption.cpp
  Result<Granted> adopt_new(const GrantRequest& request, const Key& key, const Running& running, Now now);
  Result<Granted> adopt_again(const GrantRequest& request, const Lease& lease, const Running& running, Now now);
  LeaseState state_of(const Lease& lease, const Running& running) const;
  void take_over(Lease& lease, const GrantRequest& request, const Listener& server) const;

  // lease_handover.cpp
  void expect_handover(Port port, SteadyPoint now);
  void miss_handover(Port port);
  void miss_handovers(const Draft& draft);
  Result<Descriptor> socket_for(const Lease& lease, const ListenAddress& address);

  // Takes the hold of a lease, or finds it taken; says so when descriptors run short.
  Holds::Outcome take(Port port, Protocol protocol, HoldMode mode, Holds::Claim claim, TimePoint now);

  // Applies a change to the table, the holds and the watches, and numbers it; the journal takes it later.
  LeaseChange apply(ChangeReason reason, std::optional<Lease> before, std::optional<Lease> after, Now now);
  void revert(const LeaseChange& change, Now now);
  void append(Changes changes, Now now);
  void add(Lease lease, Now now);
  void remove(Port port);
  void settle(Port port);
  void begin_release(const Lease& lease);
  void finish_release(const Lease& lease);
  void count_unavailable();
  void change_hold(const Lease& lease, TimePoint now);
  void settle_mode(const Lease& lease);
  void watch_holder(const Holder& holder);
  void unwatch_holder(const Holder& holder);
  void holder_exited(const ProcessId& id);
  void end_with_holder(const std::vector<Lease>& leases, Now now);
  void set_deadline(Port port, Millis ttl, Now now);
  void clear_deadline(Port port);
  static bool is_due_for_touch(const Lease& lease, Now now);
  Result<Lease> leased(Port port, const std::optional<std::string>& expected) const;

  Rules rules_;
  Holds& holds_;
  Processes& processes_;
  const Listeners& listeners_;
  Journal& journal_;
  Alerts& alerts_;
  Allocator allocator_;

  LeaseTable table_;
  std::map<Key, RememberedPort> remembered_;
  PortSet barred_;                              // blocked, well-known, excluded
  PortSet unavailable_;                         // barred, leased, or released and not yet durable
  std::map<Port, std::vector<Key>> releasing_;  // released and not yet durable; the hold stays until it is
  // Their holds are strict; since when a socket is promised, nothing: it was given.
  std::map<Port, std::optional<SteadyPoint>> handed_over_;
  std::map<Port, Deadline> deadlines_;                      // of ttl leases
  std::set<std::pair<SteadyPoint, Port>> due_;              // the same, in order of time
  std::map<std::pair<pid_t, std::uint64_t>, int> watched_;  // live holders: pid and start; how many leases
  std::function<Now()> clock_;
  std::function<void()> port_freed_ = [] {};
  std::function<void(const Lease&, Now)> ended_ = [](const Lease&, Now) {};
  std::function<void(const Lease&, Now)> vacated_ = [](const Lease&, Now) {};
  std::function<void(const Lease&)> state_changed_ = [](const Lease&) {};
  std::function<void()> expiry_changed_ = [] {};
};

}  // namespace portd::core
