#pragma once

#include <optional>
#include <vector>

#include "common/lease.hpp"
#include "daemon/core/processes.hpp"

namespace portd::core {

// What the listeners on a leased port mean for the lease (DESIGN section 2, States).
struct Occupancy {
  LeaseState state = LeaseState::reserved;
  std::optional<Holder> adopted{};     // a process that the lease recognises as its service
  std::optional<Listener> intruder{};  // of a contested lease
};

// `listeners`: those on the lease's port, identified. `owner`: the user whose leases these are.
Occupancy judge(const Lease& lease, const std::vector<Listener>& listeners, const Processes& processes, uid_t owner);

// What one listener on the lease's port is to it: listening (its service, by whichever protocol), contested, or
// foreign: somebody else's, by a protocol that the port is not leased for.
Verdict verdict_on(const Listener& listener, const Lease& lease, const Processes& processes, uid_t owner);

// Whether a path is the folder itself or lies below it.
bool lies_in(const std::string& path, const std::string& folder);

}  // namespace portd::core
