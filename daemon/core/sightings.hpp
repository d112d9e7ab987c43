#pragma once

#include "common/lease.hpp"

namespace portd::core {

// Hears of the listeners that come and go on this machine, leased or not. Loop thread only.
class Sightings {
 public:
  virtual ~Sightings() = default;

  // A listener, identified, that was not there at the look before; one whose process is another by now has vanished and
  // appeared.
  virtual void appeared(const Listener& listener, TimePoint at) = 0;
  // As it was told of when it appeared.
  virtual void vanished(const Listener& listener, TimePoint at) = 0;
};

}  // namespace portd::core
