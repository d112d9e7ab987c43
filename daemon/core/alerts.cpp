#include "daemon/core/alerts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace portd::core {
namespace {

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

bool passes(const Alert& alert, const AlertFilter& filter) {
  return (!filter.state || *filter.state == alert.state) && (!filter.kind || *filter.kind == alert.kind);
}

}  // namespace

Alerts::Alerts(std::uint64_t epoch, std::function<TimePoint()> clock) : epoch_(epoch), clock_(std::move(clock)) {}

void Alerts::mute(std::set<AlertKind> kinds) {
  mute_ = std::move(kinds);
  for (auto& [name, report] : std::exchange(muted_, {})) open(name, std::move(report));
  for (const Alert& alert : raised()) {
    if (!mute_.contains(alert.kind)) continue;
    resolve(alert.kind, alert.subject);
    open({alert.kind, alert.subject}, {alert.detail, alert.facts, alert.since});  // to be remembered
  }
}

bool Alerts::raise(AlertKind kind, const std::string& subject, std::string detail, TimePoint now,
                   std::vector<Fact> facts) {
  const auto found = raised_.find({kind, subject});
  if (found != raised_.end()) ++found->second.count;
  return open({kind, subject}, {std::move(detail), std::move(facts), now});
}

bool Alerts::report(AlertKind kind, const std::string& subject, std::string detail, TimePoint now,
                    std::vector<Fact> facts) {
  const auto found = raised_.find({kind, subject});
  if (found != raised_.end() && found->second.facts != facts) ++found->second.count;
  return open({kind, subject}, {std::move(detail), std::move(facts), now});
}

// Raises it, or updates the one that is raised.
bool Alerts::open(const Name& name, Report report) {
  if (mute_.contains(name.first)) {
    const auto [muted, is_new] = muted_.try_emplace(name, report);
    if (!is_new) muted->second = {std::move(report.detail), std::move(report.facts), muted->second.at};
    return false;
  }
  const auto [raised, is_new] = raised_.try_emplace(name);
  Alert& alert = raised->second;
  alert.detail = std::move(report.detail);
  alert.facts = std::move(report.facts);
  alert.last_at = report.at;
  if (!is_new) return false;
  alert.id = "a-" + hex(epoch_) + "-" + std::to_string(++last_);
  alert.kind = name.first;
  alert.subject = name.second;
  alert.since = report.at;
  tell(Alert(alert));  // whoever is told may resolve it
  return true;
}

bool Alerts::resolve(AlertKind kind, const std::string& subject) {
  muted_.erase({kind, subject});
  auto found = raised_.extract({kind, subject});
  if (found.empty()) return false;
  Alert alert = std::move(found.mapped());
  alert.state = AlertState::resolved;
  alert.resolved_at = clock_();
  keep_resolved(alert);
  tell(alert);
  return true;
}

Result<Alert> Alerts::acknowledge(const std::string& id, TimePoint now) {
  const auto found = std::ranges::find_if(raised_, [&id](const auto& each) { return each.second.id == id; });
  if (found == raised_.end()) {
    const bool over = std::ranges::find(resolved_, id, &Alert::id) != resolved_.end();
    const std::string what = over ? "alert " + id + " is resolved; there is nothing left to acknowledge"
                                  : "there is no such alert; GET /alerts lists them (portc alerts)";
    return Error{Problem::not_found, what};
  }
  Alert& alert = found->second;
  if (alert.state == AlertState::acknowledged) return alert;
  alert.state = AlertState::acknowledged;
  alert.acknowledged_at = now;
  Alert acknowledged = alert;  // whoever is told may resolve it
  tell(acknowledged);
  return acknowledged;
}

std::vector<Alert> Alerts::raised() const {
  std::vector<Alert> list;
  for (const auto& [name, alert] : raised_) list.push_back(alert);
  return list;
}

std::vector<Alert> Alerts::list(const AlertFilter& filter) const {
  // A map keeps the order of those of one moment; Clang takes libstdc++'s stable_sort for deprecated.
  std::multimap<TimePoint, const Alert*, std::greater<>> newest_first;
  for (const auto& [name, alert] : raised_) newest_first.emplace(alert.since, &alert);
  std::vector<Alert> list;
  for (const auto& [since, alert] : newest_first) list.push_back(*alert);
  list.insert(list.end(), resolved_.begin(), resolved_.end());
  std::erase_if(list, [&filter](const Alert& alert) { return !passes(alert, filter); });
  return list;
}

void Alerts::keep_resolved(Alert alert) {
  resolved_.push_front(std::move(alert));
  if (resolved_.size() > resolved_kept) resolved_.pop_back();
}

void Alerts::tell(const Alert& alert) const {
  for (const auto& listener : listeners_) listener(alert);
}

}  // namespace portd::core
