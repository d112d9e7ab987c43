#pragma once

#include "common/descriptor.hpp"
#include "common/error.hpp"
#include "common/lease.hpp"
#include "common/listen_address.hpp"

namespace portd::core {

// The kernel's side of a lease: bound sockets that keep a port from everybody else (DESIGN section 2).
// Where the system cannot hold, the port is only probed. Loop thread only.
class Holds {
 public:
  virtual ~Holds() = default;

  enum class Claim {
    new_port,  // strict: anybody bound to the port, TIME_WAIT included, makes it fail
    own_port,  // the key's own old port: may be retried past TIME_WAIT, never past another's socket
  };
  enum class Outcome {
    held,            // sockets are bound in every available family
    probed,          // the port was free; nothing is kept (mode none, udp, no hold on this system)
    in_use,          // somebody else is bound or listens
    no_descriptors,  // the port was not found to be in use, but descriptors run short: nothing is kept
    denied,          // the system forbids the port (EACCES: privileged)
  };

  // Tests that the port is free, and holds it. Only when the port is not held yet.
  virtual Outcome take(Port port, Protocol protocol, HoldMode mode, Claim claim) = 0;

  // Ends the hold, if there is one.
  virtual void drop(Port port) = 0;

  // open: SO_REUSEADDR set; strict: cleared. No-op when the port is not held.
  virtual void set_mode(Port port, HoldMode mode) = 0;

  virtual bool held(Port port) const = 0;

  // A TCP socket that listens on the port, over its hold if there is one; that is strict afterwards. Whether somebody
  // listens in the other family is not looked at. Errors: port_in_use; invalid_value when the system has no such
  // address or forbids the port; overloaded when descriptors run short.
  virtual Result<Descriptor> listen(Port port, const ListenAddress& address) = 0;

  // Whether leases of this protocol can be held here at all; where not, taking only probes.
  virtual bool can_hold(Protocol protocol) const { return protocol != Protocol::udp; }
};

}  // namespace portd::core
