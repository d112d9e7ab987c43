#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/check.hpp"
#include "daemon/core/prober.hpp"

namespace portd::core {

// One check over time: when it is due and what its results add up to (DESIGN section 5, Checks). No single result flips
// a threshold; who has not passed yet is `starting`, not `critical`, until its start period is over.
class CheckState {
 public:
  // `share`: 0 to 1, the check's place within its interval, so that many checks do not fall on one moment.
  CheckState(Check check, Now now, double share);

  const Check& check() const { return report_.check; }
  const CheckReport& report() const { return report_; }
  Status status() const { return report_.status; }
  bool impostor() const { return impostor_; }
  bool lapsed() const { return lapsed_; }
  SteadyPoint due() const { return due_; }

  // All return whether the status changed.
  bool record(Finding finding, Now now);
  bool beat(const Heartbeat& heartbeat, Now now);  // of a ttl check
  bool lapse(Now now);                             // its time ran out

  // Something happened to the service: look at once, and often until it is well.
  void hurry(Now now);

 private:
  bool in_start_period(Now now) const;
  Status judged(Finding::Verdict verdict, Now now) const;
  void schedule(Now now);
  bool become(Status status);

  CheckReport report_;
  double share_;
  SteadyPoint began_;
  SteadyPoint due_;
  std::optional<SteadyPoint> regular_;  // the next moment of the regular schedule, once it has begun
  SteadyPoint hurried_until_{};
  int failed_ = 0;  // in a row
  int passed_ = 0;
  bool was_well_ = false;  // at least once
  bool impostor_ = false;
  bool lapsed_ = false;
};

}  // namespace portd::core
