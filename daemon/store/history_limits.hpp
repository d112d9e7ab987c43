#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace portd::store {

// How long and how large a history may grow; what is oldest goes first.
struct HistoryLimits {
  Millis max_age{std::chrono::hours(24 * 90)};
  std::uint64_t max_bytes = 100'000'000;  // of the database file
};

}  // namespace portd::store
