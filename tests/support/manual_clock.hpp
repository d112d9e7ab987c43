#pragma once

#include "common/time.hpp"

namespace portd::test {

// A time that passes when told.
class ManualClock {
 public:
  Now now() const { return now_; }
  void advance(Millis duration) {
    now_.wall += duration;
    now_.steady += duration;
  }

 private:
  Now now_{TimePoint(Millis(1'790'000'000'000)), SteadyPoint(std::chrono::hours(1))};
};

}  // namespace portd::test
