#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "common/vocabulary.hpp"

namespace portd::core {

// Something a person should know. The closed vocabulary of section 5 of the design.
enum class AlertKind {
  port_contested,
  impostor,
  service_critical,
  range_low,
  descriptors_low,
  store_degraded,
  clock_gap,
  endpoint_taken,
  crash_loop,
};

struct Alert {
  AlertKind kind = AlertKind::port_contested;
  std::string subject;  // what it is about: a port, a range, a file; one alert a kind and subject
  std::string detail;   // one sentence that tells the next step
  TimePoint since{};
};

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

template <>
struct portd::Words<portd::core::AlertKind> {
  using Kind = portd::core::AlertKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 9> table{{{Kind::port_contested, "port-contested"},
                                                                           {Kind::impostor, "impostor"},
                                                                           {Kind::service_critical, "service-critical"},
                                                                           {Kind::range_low, "range-low"},
                                                                           {Kind::descriptors_low, "descriptors-low"},
                                                                           {Kind::store_degraded, "store-degraded"},
                                                                           {Kind::clock_gap, "clock-gap"},
                                                                           {Kind::endpoint_taken, "endpoint-taken"},
                                                                           {Kind::crash_loop, "crash-loop"}}};
};
