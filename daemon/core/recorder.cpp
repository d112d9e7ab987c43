#include "daemon/core/recorder.hpp"

#include <set>
#include <utility>

#include "daemon/core/occupancy.hpp"

namespace portd::core {
namespace {

constexpr std::size_t longest_text = 1024;  // of a command or folder that is kept

TimePoint minute_of(TimePoint at) { return std::chrono::floor<std::chrono::minutes>(at); }

std::string kept_text(const std::string& text) { return text.substr(0, longest_text); }

std::string word_of(ChangeReason reason) {
  switch (reason) {
    case ChangeReason::granted:
      return "granted";
    case ChangeReason::moved:
      return "moved";
    case ChangeReason::changed:
      return "changed";
    case ChangeReason::released:
      return "released";
    case ChangeReason::expired:
      return "expired";
  }
  return "";
}

std::string text_of(const std::optional<Holder>& process) {
  if (!process) return "-";
  return std::to_string(process->id.pid) + "/" + std::to_string(process->id.start_ticks);
}

// A lease is renewed, and has another holder, without anybody having another port by it.
std::string identity_of(const Lease& lease) {
  return lease.id + " " + lease.port.text() + " " + std::string(to_text(lease.protocol)) + " " + lease.cwd;
}

std::string identity_of(const Listener& listener) {
  return std::string(to_text(listener.protocol)) + " " + listener.address + " " + listener.port.text() + " " +
         std::to_string(listener.inode) + " " + text_of(listener.process);
}

// Whose process it is that listens is told by the interval of the listener: a lease outlives many.
Came came(const Lease& lease, std::string reason, TimePoint at) {
  HistoryEntry entry{lease.port, lease.protocol, at};
  entry.key = lease.key;
  entry.lease = lease.id;
  entry.cwd = kept_text(lease.cwd);
  entry.reason = std::move(reason);
  return {identity_of(lease), std::move(entry)};
}

// Whether both say the same of a listener.
bool agree(const HistoryEntry& one, const HistoryEntry& other) {
  return one.verdict == other.verdict && one.key == other.key && one.lease == other.lease;
}

}  // namespace

Recorder::Recorder(RecordSink& sink, const Leases& leases, const Processes& processes, uid_t owner,
                   std::function<Now()> clock)
    : sink_(sink), leases_(leases), processes_(processes), owner_(owner), clock_(std::move(clock)) {}

void Recorder::begin(Now now) {
  minute_ = minute_of(now.wall);
  tell_everybody(now.wall);
}

void Recorder::look(Now now) {
  if (minute_of(now.wall) == minute_) return;
  hand_over(now);
  if (sink_.take_loss()) tell_everybody(now.wall);
}

void Recorder::hand_over(Now now) {
  MinuteSample sample{minute_, now.wall, std::exchange(changes_, {}), ports(), services_.take(now.steady)};
  minute_ = minute_of(now.wall);
  Records records;
  records.emplace_back(std::move(sample));
  sink_.take(std::move(records));
}

// A lease whose beginning nobody wrote down has been as it is since its last change at least.
void Recorder::tell_everybody(TimePoint at) {
  Census census{{}, at};
  leases_.table().for_each(
      [&census](const Lease& lease) { census.present.push_back(core::came(lease, "restored", lease.updated_at)); });
  for (const auto& [key, present] : listeners_) census.present.push_back(present.came);
  Records records;
  records.emplace_back(std::move(census));
  sink_.take(std::move(records));
}

void Recorder::committed(const Changes& changes) {
  Records records;
  for (const Change& change : changes) {
    if (const auto* lease = std::get_if<LeaseChange>(&change)) add(records, *lease);
    judge_anew(records, change);
  }
  if (!records.empty()) sink_.take(std::move(records));
}

// Some listener may have been judged by what is no longer so.
void Recorder::undo(const Changes& changes) {
  Records records;
  for (const Change& change : changes) judge_anew(records, change);
  if (!records.empty()) sink_.take(std::move(records));
}

void Recorder::add(Records& records, const LeaseChange& change) {
  if (change.reason == ChangeReason::granted) ++changes_.grants;
  if (change.reason == ChangeReason::moved) ++changes_.moves;
  if (change.reason == ChangeReason::released) ++changes_.releases;
  if (change.reason == ChangeReason::expired) ++changes_.expired;
  const std::string before = change.before ? identity_of(*change.before) : "";
  if (change.after && identity_of(*change.after) == before) return;
  if (change.before) records.emplace_back(Went{before, word_of(change.reason), change.at});
  if (change.after) records.emplace_back(core::came(*change.after, word_of(change.reason), change.at));
}

Came Recorder::came(const Listener& listener, TimePoint at) const {
  HistoryEntry entry{listener.port, listener.protocol, at};
  entry.what = Possession::listener;
  entry.verdict = Verdict::foreign;
  entry.user = listener.user;
  entry.reason = "listening";
  if (listener.process) {
    entry.pid = listener.process->id.pid;
    entry.command = kept_text(listener.process->command);
    entry.cwd = kept_text(listener.process->cwd);
  }
  if (const Lease* lease = leases_.table().find(listener.port)) {
    entry.verdict = verdict_on(listener, *lease, processes_, owner_);
    const bool own = entry.verdict == Verdict::listening;
    if (own) entry.key = lease->key;
    if (own) entry.lease = lease->id;
  }
  return {identity_of(listener), std::move(entry)};
}

void Recorder::appeared(const Listener& listener, TimePoint at) {
  Came one = came(listener, at);
  listeners_.insert_or_assign({listener.port, one.identity}, Present{listener, one});
  Records records;
  records.emplace_back(std::move(one));
  sink_.take(std::move(records));
}

void Recorder::judge_anew(Records& records, const Change& change) {
  const auto* lease = std::get_if<LeaseChange>(&change);
  if (lease == nullptr) return;
  if (lease->before) judge_anew(records, lease->before->port, word_of(lease->reason), lease->at);
  if (lease->after) judge_anew(records, lease->after->port, word_of(lease->reason), lease->at);
}

// A listener goes on, but is another's by now, or nobody's.
void Recorder::judge_anew(Records& records, Port port, const std::string& reason, TimePoint at) {
  for (auto at_port = listeners_.lower_bound({port, ""}); at_port != listeners_.end(); ++at_port) {
    if (at_port->first.first != port) return;
    Present& present = at_port->second;
    Came fresh = came(present.listener, at);
    if (agree(fresh.entry, present.came.entry)) continue;
    records.emplace_back(Went{fresh.identity, reason, at});
    records.emplace_back(fresh);
    present.came = std::move(fresh);
  }
}

void Recorder::vanished(const Listener& listener, TimePoint at) {
  Went one{identity_of(listener), "ended", at};
  listeners_.erase({listener.port, one.identity});
  Records records;
  records.emplace_back(std::move(one));
  sink_.take(std::move(records));
}

void Recorder::heard(const Event& event) {
  if (event.kind != EventKind::lease_state) return;
  const auto* lease = std::get_if<Lease>(&event.what);
  if (lease == nullptr) return;
  if (lease->state == LeaseState::contested) ++changes_.conflicts;
  Records records;
  judge_anew(records, lease->port, word_of(ChangeReason::changed), clock_().wall);
  if (!records.empty()) sink_.take(std::move(records));
}

PortCounts Recorder::ports() const {
  PortCounts counts;
  leases_.table().for_each([&counts](const Lease& lease) {
    ++counts.leased;
    if (lease.state == LeaseState::listening) ++counts.listening;
  });
  std::set<Port> foreign;
  for (const auto& [key, present] : listeners_) {
    if (leases_.table().find(key.first) == nullptr) foreign.insert(key.first);
  }
  counts.foreign = foreign.size();
  return counts;
}

}  // namespace portd::core
