#pragma once

#include <algorithm>

#include "common/time.hpp"

namespace portd::notify {

// The pauses between tries at what somebody else has to mend: doubled up to the longest, each somewhere in its upper
// half, so that many who wait for the same do not come at once.
class Backoff {
 public:
  Backoff(Millis first, Millis longest) : first_(first), longest_(longest), next_(first) {}

  // `chance`: in [0, 1).
  Millis next(double chance) {
    const Millis whole = next_;
    next_ = std::min(next_ * 2, longest_);
    const Millis half = whole / 2;
    return half + std::chrono::duration_cast<Millis>((whole - half) * chance);
  }
  void reset() { next_ = first_; }

 private:
  Millis first_;
  Millis longest_;
  Millis next_;
};

}  // namespace portd::notify
