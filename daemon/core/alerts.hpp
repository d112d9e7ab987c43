#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/alert.hpp"

namespace portd::core {

// The alerts with their lives: raised, perhaps acknowledged, resolved. One of a kind and subject at a time: what
// happens again while it is not resolved is counted, and its detail follows; what happens after that is another alert,
// with another id. Loop thread only.
class Alerts {
 public:
  static constexpr std::size_t resolved_kept = 100;  // the newest

  // `epoch`: another one each time portd starts, so that no id is given twice. `clock`: for what comes without a time.
  explicit Alerts(std::uint64_t epoch = 1, std::function<TimePoint()> clock = [] { return TimePoint(); });

  // Kinds that nobody wants to hear of, in place of those before. Those that are raised are resolved; those that would
  // have been raised meanwhile are, once their kind is no longer among these.
  void mute(std::set<AlertKind> kinds);

  // It happened: counted each time. True when it was not raised before, and is now.
  bool raise(AlertKind kind, const std::string& subject, std::string detail, TimePoint now,
             std::vector<Fact> facts = {});
  // It is so, as somebody finds at each look: the same, but counted only when the facts are others.
  bool report(AlertKind kind, const std::string& subject, std::string detail, TimePoint now,
              std::vector<Fact> facts = {});
  // True when it was raised.
  bool resolve(AlertKind kind, const std::string& subject);
  // Somebody knows. One that is acknowledged already stays as it is. Error: not_found, also once it is resolved.
  Result<Alert> acknowledge(const std::string& id, TimePoint now);

  // Those that are not resolved, the acknowledged ones included, by kind and subject.
  std::vector<Alert> raised() const;
  // Those that are not resolved, the newest first, then those that are, the last resolved first.
  std::vector<Alert> list(const AlertFilter& filter = {}) const;

  // Called with each alert that is raised, acknowledged or resolved: its state tells which.
  void on_changed(std::function<void(const Alert&)> callback) { listeners_.push_back(std::move(callback)); }

 private:
  using Name = std::pair<AlertKind, std::string>;
  struct Report {
    std::string detail;
    std::vector<Fact> facts;
    TimePoint at;
  };

  bool open(const Name& name, Report report);
  void keep_resolved(Alert alert);
  void tell(const Alert& alert) const;

  std::uint64_t epoch_;
  std::function<TimePoint()> clock_;
  std::uint64_t last_ = 0;  // number of the newest alert
  std::vector<std::function<void(const Alert&)>> listeners_;
  std::map<Name, Alert> raised_;
  std::map<Name, Report> muted_;  // would be raised, since then
  std::deque<Alert> resolved_;    // the last resolved first
  std::set<AlertKind> mute_;
};

}  // namespace portd::core
