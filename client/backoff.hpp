#pragma once

#include <algorithm>
#include <thread>

#include "common/time.hpp"

namespace portd::client {

// The pauses between attempts at what will work sooner or later: short at first, doubled up to the longest.
class Backoff {
 public:
  explicit Backoff(Millis longest) : longest_(longest) {}

  // Pauses, but not longer than `left`.
  void pause(Millis left) {
    std::this_thread::sleep_for(std::min(next_, left));
    next_ = std::min(next_ * 2, longest_);
  }
  void reset() { next_ = first; }

 private:
  static constexpr Millis first{20};

  Millis longest_;
  Millis next_ = first;
};

}  // namespace portd::client
