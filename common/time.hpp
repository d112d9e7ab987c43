#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace portd {

using Millis = std::chrono::milliseconds;

// A moment on the wall clock, for people and for the wire. Never used to decide an expiry.
using TimePoint = std::chrono::sys_time<Millis>;

// A moment on CLOCK_MONOTONIC: stands still during a suspend. Decides expiries.
using SteadyPoint = std::chrono::steady_clock::time_point;

// Both clocks read at once; the daemon reads it, the rules take it as an argument.
struct Now {
  TimePoint wall;
  SteadyPoint steady;
};

// RFC 3339 in UTC with milliseconds: "2026-11-24T03:04:05.678Z".
std::string to_rfc3339(TimePoint time);

// Reads what to_rfc3339 writes, with or without the fraction, and other offsets than Z. Error: invalid_value.
Result<TimePoint> parse_rfc3339(std::string_view text);

// "250ms", "30s", "5m", "2h", "90d": the largest unit that divides exactly.
std::string to_text(Millis duration);

// Reads one number and one unit of ms, s, m, h, d. At most 3650 days. Error: invalid_value.
Result<Millis> parse_duration(std::string_view text);

}  // namespace portd
