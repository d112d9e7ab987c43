#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/time.hpp"
#include "common/vocabulary.hpp"

namespace portd {

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

enum class AlertState {
  raised,
  acknowledged,  // somebody knows; it stays so until it is resolved
  resolved,
};

struct Alert {
  std::string id;  // of this raising, opaque; never given again
  AlertKind kind = AlertKind::port_contested;
  std::string subject;  // what it is about: a port, a range, a file; one alert a kind and subject
  std::string detail;   // one sentence that tells the next step
  AlertState state = AlertState::raised;
  std::int64_t count = 1;  // how often it happened since it was raised
  TimePoint since{};       // when it was raised
  TimePoint last_at{};     // when it happened last
  std::optional<TimePoint> acknowledged_at{};
  std::optional<TimePoint> resolved_at{};
  std::vector<Fact> facts{};  // the detail for programs: {"pid", 42}
};

struct AlertFilter {
  std::optional<AlertState> state{};
  std::optional<AlertKind> kind{};
};

template <>
struct Words<AlertKind> {
  static constexpr std::array<std::pair<AlertKind, std::string_view>, 9> table{
      {{AlertKind::port_contested, "port-contested"},
       {AlertKind::impostor, "impostor"},
       {AlertKind::service_critical, "service-critical"},
       {AlertKind::range_low, "range-low"},
       {AlertKind::descriptors_low, "descriptors-low"},
       {AlertKind::store_degraded, "store-degraded"},
       {AlertKind::clock_gap, "clock-gap"},
       {AlertKind::endpoint_taken, "endpoint-taken"},
       {AlertKind::crash_loop, "crash-loop"}}};
};

template <>
struct Words<AlertState> {
  static constexpr std::array<std::pair<AlertState, std::string_view>, 3> table{
      {{AlertState::raised, "raised"}, {AlertState::acknowledged, "acknowledged"}, {AlertState::resolved, "resolved"}}};
};

}  // namespace portd
