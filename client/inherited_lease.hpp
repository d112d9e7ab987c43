#pragma once

#include <sys/types.h>

#include <optional>

#include "client/environment.hpp"
#include "common/key.hpp"

namespace portd::client {

// What PORTD_LEASE says: the lease of a program above, which keeps it. The Python package reads it by the same rules
// (client/python/src/portd/_inherited.py).
struct InheritedLease {
  Key key;
  pid_t launcher = 0;  // portc run, or whoever has asked portd; still an ancestor
};

std::optional<InheritedLease> inherited_lease(const Environment& environment);

// Whether the launcher has started, in this folder, what calls itself `own` by its folder and environment: then that
// is the lease's key, whatever name --service and the like gave it. A child app of another name is itself.
bool is_launched(const InheritedLease& lease, const Key& own, const Environment& environment);

}  // namespace portd::client
