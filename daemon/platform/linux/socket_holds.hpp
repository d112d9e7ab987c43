#pragma once

#include <unordered_map>

#include "daemon/core/holds.hpp"
#include "daemon/platform/bind_attempt.hpp"

namespace portd::platform {

// Holds as section 2 of the design has them: bound strictly, then open to programs that set SO_REUSEADDR.
class SocketHolds final : public core::Holds {
 public:
  Outcome take(Port port, Protocol protocol, HoldMode mode, Claim claim) override;
  void drop(Port port) override { held_.erase(port); }
  void set_mode(Port port, HoldMode mode) override;
  bool held(Port port) const override { return held_.contains(port); }
  Result<Descriptor> listen(Port port, const ListenAddress& address) override;

 private:
  struct Sockets {
    Descriptor v4;
    Descriptor v6;
  };
  // Sockets of every family that the system has, or none of them.
  struct Binding {
    Bind result = Bind::denied;
    Sockets sockets{};
  };
  template <class BindOne>
  static Binding bind_all(BindOne bind_one);
  static Binding bind_strictly(Port port, int type);
  static Binding bind_tcp(Port port, Claim claim);
  static BindAttempt bind_over(const Sockets& hold, Port port, const ListenAddress& address);
  static BindAttempt bind_unheld(Port port, const ListenAddress& address);
  static void apply(const Sockets& sockets, HoldMode mode);

  std::unordered_map<Port, Sockets> held_;
};

}  // namespace portd::platform
