#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

struct Alert {
  AlertKind kind = AlertKind::port_contested;
  std::string subject;  // what it is about: a port, a range, a file; one alert a kind and subject
  std::string detail;   // one sentence that tells the next step
  TimePoint since{};
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

}  // namespace portd
