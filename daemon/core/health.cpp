#include "daemon/core/health.hpp"

#include <algorithm>
#include <utility>

#include "common/sha256.hpp"

namespace portd::core {
namespace {

constexpr std::size_t output_told = 256;  // in events and reasons

// Where within its interval a check lies: spread, and the same after a restart.
double share_of(const InstanceKey& key, const std::string& check) {
  return static_cast<double>(sha256_prefix(key.text() + " " + check)) / 18446744073709551616.0;
}

std::string first_line(const std::string& output) { return output.substr(0, std::min(output.find('\n'), output_told)); }

std::string reason_of(const CheckState& state) {
  const CheckReport& report = state.report();
  if (state.impostor()) return "impostor";
  std::string said = first_line(report.output);
  if (state.lapsed()) {
    std::string reason = "no heartbeat for " + to_text(state.check().schedule.interval);
    return said.empty() ? reason : reason + "; the last said: " + said;
  }
  if (!said.empty()) return said;
  return report.last_run ? std::string(to_text(report.status)) : "not checked yet";
}

std::vector<std::string> texts(const std::vector<InstanceKey>& keys) {
  std::vector<std::string> texts;
  for (const InstanceKey& key : keys) texts.push_back(key.text());
  return texts;
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& each : list) text += (text.empty() ? "" : ", ") + each;
  return text;
}

}  // namespace

Health::Health(Configured configured, const Registry& registry, Identity& identity, EventLog& events, Alerts& alerts,
               std::function<Now()> clock)
    : configured_(std::move(configured)),
      registry_(registry),
      identity_(identity),
      events_(events),
      alerts_(alerts),
      clock_(std::move(clock)) {}

void Health::use(Configured configured) {
  const Configured before = std::exchange(configured_, std::move(configured));
  const auto checks_in = [](const Configured& from, const InstanceKey& key) {
    const auto found = from.find(key);
    return found == from.end() ? std::vector<Check>() : found->second;
  };
  for (const auto& [key, registration] : registry_.all()) {
    if (checks_in(before, key) != checks_in(configured_, key)) sync(key);
  }
}

// What is declared as before keeps its state; it is looked at again, for whoever registers has just started.
void Health::sync(const InstanceKey& key) {
  const Registration* registration = registry_.find(key);
  if (registration == nullptr) {
    if (auto gone = told_.extract(key); !gone.empty()) end_checks(gone.mapped().checks);
    if (audience_ != nullptr) audience_->left(key);
    critical_.erase(key);
    return spread();
  }
  const auto [found, is_new] = told_.try_emplace(key);
  Told& told = found->second;
  told.revision = std::max(told.revision, registration->revision);
  begin_checks(*registration, told);
  if (is_new) {
    const Judgement first = judge_instance(*registration, told);
    told.status = first.status;  // the event that tells of the registration tells of this
    told.reason = first.reason;
    told.impostor = first.impostor;
    if (told.status == Status::critical) critical_.insert(key);
    if (audience_ != nullptr) audience_->became(key, told.status);
  } else {
    refresh(key);
  }
  spread();
}

void Health::begin_checks(const Registration& registration, Told& told) {
  std::vector<CheckId> before = std::exchange(told.checks, {});
  for (Check& check : checks_of(registration)) {
    const auto same = std::ranges::find_if(before, [&](CheckId id) { return made_.at(id).state.check() == check; });
    if (same != before.end()) {
      made_.at(*same).state.hurry(clock_());
      prober_->hurry(*same);
      told.checks.push_back(*same);
      before.erase(same);
      continue;
    }
    const CheckId id = next_id_++;
    const double share = share_of(registration.key, check.id);
    made_.emplace(id, Made{registration.key, CheckState(std::move(check), clock_(), share)});
    told.checks.push_back(id);
    prober_->begin(id);
  }
  end_checks(before);
}

void Health::end_checks(const std::vector<CheckId>& checks) {
  for (const CheckId id : checks) {
    prober_->end(id);
    made_.erase(id);
  }
}

std::vector<Check> Health::checks_of(const Registration& registration) const {
  std::vector<Check> checks = registration.declaration.checks;
  const auto configured = configured_.find(registration.key);
  if (configured == configured_.end()) return checks;
  for (const Check& check : configured->second) {
    if (std::ranges::find(checks, check.id, &Check::id) == checks.end()) checks.push_back(check);
  }
  return checks;
}

void Health::look_again(const Lease& lease) {
  const Registration* registration = registry_.standing_on(lease);
  if (registration == nullptr) return;
  for (const CheckId id : told_.at(registration->key).checks) {
    made_.at(id).state.hurry(clock_());
    prober_->hurry(id);
  }
  refresh(registration->key);
}

Instance Health::view(const Registration& registration) const {
  const Told& told = told_.at(registration.key);
  Instance instance;
  instance.key = registration.key;
  instance.host = registration.declaration.host;
  instance.port = registry_.port_of(registration);
  instance.status = told.status;
  instance.reason = told.reason;
  instance.affected_by = told.affected_by;
  instance.tags = registration.declaration.tags;
  instance.metadata = registration.declaration.metadata;
  instance.depends_on = registration.declaration.depends_on;
  for (const CheckId id : told.checks) instance.checks.push_back(made_.at(id).state.report());
  instance.registered_at = registration.registered_at;
  instance.revision = told.revision;
  return instance;
}

Result<void> Health::beat(const InstanceKey& key, const std::string& check, const Heartbeat& heartbeat) {
  const auto registration = registry_.registered(key);
  if (!registration) return registration.error();
  const auto& checks = told_.at(key).checks;
  const auto found = std::ranges::find_if(checks, [&](CheckId id) { return made_.at(id).state.check().id == check; });
  if (found == checks.end()) {
    return Error{Problem::not_found,
                 key.text() + " has no check " + check + "; GET /services/" + key.service + " lists its checks"};
  }
  Made& made = made_.at(*found);
  if (made.state.check().type != CheckType::ttl) {
    return Error{Problem::invalid_value, "the check " + check + " of " + key.text() + " is of type " +
                                             std::string(to_text(made.state.check().type)) +
                                             ", which portd makes by itself; only ttl checks take heartbeats"};
  }
  const Status previous = made.state.status();
  made.state.beat(heartbeat, clock_());
  prober_->hurry(*found);
  tell_check(made, previous);
  refresh(key);
  return {};
}

Probe Health::probe(CheckId id) const {
  const Made& made = made_.at(id);
  const Registration& registration = *registry_.find(made.key);
  const Check& check = made.state.check();
  if (check.http.host.empty()) return {check, registration.declaration.host, registry_.port_of(registration)};
  return {check, check.http.host, check.http.port.value_or(Port(80))};
}

void Health::record(CheckId id, Finding finding) {
  Made& made = made_.at(id);
  if (!finding.answered_by.empty()) {
    if (auto other = identity_.impostor(probe(id).port, finding.answered_by)) {
      finding.verdict = Finding::Verdict::impostor;
      finding.output = *other + " answers on port " + probe(id).port.text() + " instead of " + made.key.text();
    }
  }
  if (audience_ != nullptr) audience_->checked(made.key, finding);
  const Status previous = made.state.status();
  made.state.record(std::move(finding), clock_());
  tell_check(made, previous);
  refresh(made.key);
}

void Health::lapse(CheckId id) {
  Made& made = made_.at(id);
  const Status previous = made.state.status();
  made.state.lapse(clock_());
  tell_check(made, previous);
  refresh(made.key);
}

void Health::tell_check(const Made& made, Status previous) {
  const CheckReport& report = made.state.report();
  if (report.status == previous) return;
  const Registration& registration = *registry_.find(made.key);
  told_.at(made.key).revision = events_.tell(
      EventKind::check_status, clock_().wall,
      CheckNews{made.key, report.check.id, report.check.type, report.status, previous,
                report.output.substr(0, output_told), told_.at(made.key).status, registration.declaration.tags});
}

// What the instance's checks and its port add up to now; tells when that is another.
void Health::refresh(const InstanceKey& key) {
  Told& told = told_.at(key);
  const Judgement now = judge_instance(*registry_.find(key), told);
  told.reason = now.reason;
  const bool spreads = (now.status == Status::critical) != (told.status == Status::critical) ||
                       now.impostor.has_value() != told.impostor.has_value();
  told.impostor = now.impostor;
  const Status previous = std::exchange(told.status, now.status);
  if (previous != now.status && audience_ != nullptr) audience_->became(key, now.status);
  if (previous != now.status) tell_status(key, told, previous);
  if (!spreads) return;
  if (now.status == Status::critical) {
    critical_.insert(key);
  } else {
    critical_.erase(key);
  }
  spread();
}

void Health::tell_status(const InstanceKey& key, Told& told, Status previous) {
  const Registration& registration = *registry_.find(key);
  const Instance seen = view(registration);
  told.revision = events_.tell(EventKind::service_status, clock_().wall,
                               ServiceNews{key, seen.url(), seen.port, told.status, previous, told.reason,
                                           told.affected_by, seen.tags, seen.tags});
}

Health::Judgement Health::judge_instance(const Registration& registration, const Told& told) const {
  if (registration.maintenance) {
    const std::string& reason = registration.maintenance_reason;
    return {Status::maintenance, reason.empty() ? "in maintenance" : reason};
  }
  return told.checks.empty() ? judge_without_checks(registration) : judge_checks(told);
}

// Passing; but what ran and no longer listens is not, nor what somebody else took the place of.
Health::Judgement Health::judge_without_checks(const Registration& registration) const {
  const Lease* lease = registry_.lease_of(registration);
  if (lease == nullptr) return {};
  if (lease->state == LeaseState::contested) {
    return {Status::critical, "impostor",
            "a program that is not " + registration.key.text() + " listens on port " + lease->port.text()};
  }
  const bool died = lease->state == LeaseState::reserved && lease->holder && !lease->holder_alive;
  if (!died) return {};
  return {Status::critical, "nothing listens on " + lease->port.text() + ", and pid " +
                                std::to_string(lease->holder->id.pid) + " has ended"};
}

Health::Judgement Health::judge_checks(const Told& told) const {
  const CheckState* worst = nullptr;
  for (const CheckId id : told.checks) {
    const CheckState& state = made_.at(id).state;
    const bool worse = worst == nullptr || state.status() > worst->status() ||
                       (state.status() == worst->status() && state.impostor() && !worst->impostor());
    if (worse) worst = &state;
  }
  if (worst->status() == Status::passing) return {};
  Judgement judgement{worst->status(), reason_of(*worst)};
  if (worst->impostor()) judgement.impostor = first_line(worst->report().output);
  return judgement;
}

// Who suffers from whom; after another instance has become critical or is no longer.
void Health::spread() {
  const bool nobody_suffers = critical_.empty() && alerted_.empty() && !suffering_;
  if (nobody_suffers) return;
  const auto affected =
      affected_by(registry_.dependencies(), std::vector<InstanceKey>(critical_.begin(), critical_.end()));
  for (auto& [key, told] : told_) {
    const auto found = affected.find(key);
    std::vector<std::string> roots = found == affected.end() ? std::vector<std::string>() : texts(found->second);
    if (roots == told.affected_by || registry_.find(key) == nullptr) continue;
    told.affected_by = std::move(roots);
    tell_status(key, told, told.status);
  }
  suffering_ = !affected.empty();
  tell_alerts(affected);
}

void Health::tell_alerts(const std::map<InstanceKey, std::vector<InstanceKey>>& affected) {
  std::map<InstanceKey, std::vector<std::string>> suffering;  // of each root
  for (const auto& [key, roots] : affected) {
    for (const InstanceKey& root : roots) suffering[root].push_back(key.text());
  }
  std::map<std::pair<AlertKind, InstanceKey>, std::string> wanted;
  for (const InstanceKey& key : critical_) {
    if (affected.contains(key)) continue;
    const Told& told = told_.at(key);
    const std::string who = suffering[key].empty() ? "" : "; affected: " + joined(suffering[key]);
    if (told.impostor) {
      wanted[{AlertKind::impostor, key}] = *told.impostor + "; end it, or give " + key.text() + " another port" + who;
    } else {
      wanted[{AlertKind::service_critical, key}] = key.text() + " is critical: " + told.reason + who;
    }
  }
  for (const auto& [what, detail] : std::exchange(alerted_, {})) {
    if (!wanted.contains(what)) alerts_.resolve(what.first, what.second.text());
  }
  for (const auto& [what, detail] : wanted) {
    const InstanceKey& key = what.second;
    alerts_.report(what.first, key.text(), detail, clock_().wall,
                   {{"project", key.project}, {"service", key.service}, {"instance", key.instance}});
  }
  alerted_ = std::move(wanted);
}

}  // namespace portd::core
