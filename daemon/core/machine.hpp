#pragma once

#include <optional>
#include <vector>

#include "common/lease.hpp"

namespace portd::core {

// Everything that listens on this machine, leased or not, as the newest look saw it. Loop thread only.
class Machine {
 public:
  virtual ~Machine() = default;

  // With all that the system tells of each: process, origin, a note where something is hidden. Asks for the processes
  // anew.
  virtual std::vector<Listener> on(Port port) = 0;

  // By port; the same. Without UDP sockets on ports that the kernel gives away: those are clients as a rule.
  virtual std::vector<Listener> all() = 0;

  // Whose published port a listener is, if that is known.
  virtual std::optional<Container> container_of(const Listener& listener) const = 0;

  // Whether that is about to be known.
  virtual bool awaits_container(const Listener& listener) const = 0;
};

}  // namespace portd::core
