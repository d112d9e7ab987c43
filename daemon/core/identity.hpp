#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

#include "daemon/core/leases.hpp"
#include "daemon/core/machine.hpp"
#include "daemon/core/processes.hpp"

namespace portd::core {

// Whether what answers on a leased port is the service that the port was leased to, and not some other program: a check
// that passes against the wrong process is worse than none. Loop thread only.
class Identity {
 public:
  // `owner`: the user whose leases these are. The references must outlive this.
  Identity(const Leases& leases, const Listeners& listeners, const Machine& machine, const Processes& processes,
           uid_t owner)
      : leases_(leases), listeners_(listeners), machine_(machine), processes_(processes), owner_(owner) {}

  // Who answered on the address ("127.0.0.1", "::1") instead of the service: "pid 4711 (nc -l 20000) in /tmp". Nothing
  // when it was the service, the port is not leased, the system does not tell,
  // or it is about to be known whose container answers.
  std::optional<std::string> impostor(Port port, const std::string& address);

 private:
  // The service's own socket: a look at it is enough as long as the lease is the same. A stranger's is looked at each
  // time, for he may have had it together with the service, and be gone.
  struct Seen {
    std::uint64_t inode = 0;
    Revision lease;
    bool holder_alive = false;
  };

  const Leases& leases_;
  const Listeners& listeners_;
  const Machine& machine_;
  const Processes& processes_;
  uid_t owner_;
  std::map<Port, Seen> seen_;
};

// "pid 4711 (nc -l 20000) in /tmp", "container shop-db-1 (postgres:16)"; as much as is known.
std::string describe(const Listener& listener);

}  // namespace portd::core
