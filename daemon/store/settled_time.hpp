#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "common/time.hpp"

namespace portd::store {

// The moment that five minutes agree to have come: what cannot be undone goes by it, so that a clock that is ahead for
// a moment costs nothing.
class SettledTime {
 public:
  explicit SettledTime(TimePoint last) { recent_.fill(last); }

  void saw(TimePoint at) {
    const TimePoint minute = std::chrono::floor<std::chrono::minutes>(at);
    if (minute == minute_) return;
    minute_ = minute;
    recent_[next_] = at;
    next_ = (next_ + 1) % recent_.size();
  }
  TimePoint now() const { return *std::ranges::min_element(recent_); }

 private:
  std::array<TimePoint, 5> recent_{};  // of minutes one after the other
  std::size_t next_ = 0;
  TimePoint minute_{};
};

}  // namespace portd::store
