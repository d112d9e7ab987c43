#include "daemon/core/expiry.hpp"

namespace portd::core {
namespace {

// Reading two clocks one after the other never differs by as much.
constexpr std::chrono::milliseconds least_gap{500};

}  // namespace

Expiry::Expiry(Leases& leases, Alerts& alerts, std::function<void()> look, std::chrono::nanoseconds suspended)
    : leases_(leases), alerts_(alerts), look_(std::move(look)), suspended_(suspended) {}

void Expiry::run(Now now, std::chrono::nanoseconds suspended) {
  const auto gap = std::chrono::duration_cast<Millis>(suspended - suspended_);
  if (gap < least_gap) {
    alerts_.resolve(AlertKind::clock_gap, "suspend");
    leases_.expire_due(now);
    return;
  }
  suspended_ = suspended;
  alerts_.raise(AlertKind::clock_gap, "suspend",
                "the machine was suspended for " + to_text(gap) + "; leases are looked at once before any expires",
                now.wall);
  look_();
}

}  // namespace portd::core
