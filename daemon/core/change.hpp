#pragma once

#include <optional>
#include <vector>

#include "common/lease.hpp"

namespace portd::core {

// A port that a released key had. A memory, not a reservation: the key gets it back while it is free.
struct RememberedPort {
  Key key;
  Port port{1};
  TimePoint released_at{};
};

// Why a lease changed; the event of the same name is published once the change is durable.
enum class ChangeReason { granted, moved, changed, released, expired };

// One lease before and after. `before` absent: granted; `after` absent: gone, and `remembered` says
// what is kept of it. Undone by swapping the two.
struct Change {
  ChangeReason reason = ChangeReason::changed;
  Revision revision;
  TimePoint at{};
  std::optional<Lease> before;
  std::optional<Lease> after;
  std::optional<RememberedPort> remembered{};
};

using Changes = std::vector<Change>;

}  // namespace portd::core
