#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/alerts.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/occupancy.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/watch/machine_watch.hpp"

namespace portd::watch {

// Compares the leases with what the kernel shows: sets their states, adopts, raises and resolves alerts, and takes
// holds that had to wait for a listener that was there first; ends handovers. Loop thread only.
class KernelWatch {
 public:
  // The references outlive this. `owner`: the user whose leases these are.
  KernelWatch(core::Leases& leases, MachineWatch& machine, core::Processes& processes, core::Alerts& alerts,
              uid_t owner);

  // One look at the machine, and what it means for the leases. Processes are asked for anew only where a socket or the
  // lease is another than at the look before.
  void look(Now now);

 private:
  // A lease whose state may have changed, and who listens on its port.
  struct Concern {
    Lease lease;
    std::vector<Listener> listeners;
  };
  // What a judgement was made of.
  struct Seen {
    Revision lease;
    bool holder_alive = false;
    std::vector<std::pair<std::uint64_t, std::optional<Container>>> sockets{};

    bool operator==(const Seen&) const = default;
  };

  bool any_tcp_on(Port port) const;
  bool is_known(const Lease& lease) const;
  Seen seen_of(const Lease& lease) const;
  void remember(const Concern& concern);
  void identify(std::vector<Concern>& concerns);
  void update(const Lease& lease, const std::vector<Listener>& listeners, Now now);
  void forget_released();
  void retake_holds(const std::vector<Port>& waiting);
  void tell_contest(const Lease& lease, const core::Occupancy& found, TimePoint now);
  void tell_ranges(TimePoint now);

  core::Leases& leases_;
  MachineWatch& machine_;
  core::Processes& processes_;
  core::Alerts& alerts_;
  uid_t owner_;
  std::set<Port> contested_;   // ports with an alert raised
  std::set<std::string> low_;  // ranges with one
  std::map<Port, Seen> seen_;  // of ports on which somebody listens
};

}  // namespace portd::watch
