#pragma once

#include "daemon/core/holds.hpp"

namespace portd::platform {

// Holds nothing: a bound socket would keep the port from its own service on systems without Linux's rules for
// SO_REUSEADDR. The port is tested and let go.
class ProbingHolds final : public core::Holds {
 public:
  Outcome take(Port port, Protocol protocol, HoldMode mode, Claim claim) override;
  void drop(Port) override {}
  void set_mode(Port, HoldMode) override {}
  bool held(Port) const override { return false; }
  Result<Descriptor> listen(Port port, const ListenAddress& address) override;
  bool can_hold(Protocol) const override { return false; }
};

}  // namespace portd::platform
