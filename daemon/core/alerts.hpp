#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/alert.hpp"

namespace portd::core {

// The alerts that are raised now. Raising one again updates its detail.
class Alerts {
 public:
  // Kinds that nobody wants to hear of, in place of those before. Those that are raised are resolved; those that would
  // have been raised meanwhile are, once their kind is no longer among these.
  void mute(std::set<AlertKind> kinds);

  // True when it was not raised before, and is now.
  bool raise(AlertKind kind, const std::string& subject, std::string detail, TimePoint now);
  // True when it was raised.
  bool resolve(AlertKind kind, const std::string& subject);

  std::vector<Alert> raised() const;

  // Called with each alert that was not raised before, and with each that no longer is.
  void on_raised(std::function<void(const Alert&)> callback) { told_raised_ = std::move(callback); }
  void on_resolved(std::function<void(const Alert&)> callback) { told_resolved_ = std::move(callback); }

 private:
  std::function<void(const Alert&)> told_raised_ = [](const Alert&) {};
  std::function<void(const Alert&)> told_resolved_ = [](const Alert&) {};
  using BySubject = std::map<std::pair<AlertKind, std::string>, Alert>;
  BySubject raised_;
  BySubject muted_;  // would be raised
  std::set<AlertKind> mute_;
};

}  // namespace portd::core
