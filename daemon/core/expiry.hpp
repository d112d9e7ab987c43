#pragma once

#include <chrono>
#include <functional>

#include "daemon/core/alerts.hpp"
#include "daemon/core/leases.hpp"

namespace portd::core {

// Ends what is due, but not right after a suspend: while the machine slept nobody could renew, so one round of
// looking comes first (DESIGN section 3, promise 4).
class Expiry {
 public:
  // `look`: one probe round.
  Expiry(Leases& leases, Alerts& alerts, std::function<void()> look, std::chrono::nanoseconds suspended);

  // `suspended`: how long the machine has been suspended since boot.
  void run(Now now, std::chrono::nanoseconds suspended);

 private:
  Leases& leases_;
  Alerts& alerts_;
  std::function<void()> look_;
  std::chrono::nanoseconds suspended_;
};

}  // namespace portd::core
