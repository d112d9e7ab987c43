#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "common/lease.hpp"
#include "common/service.hpp"

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
struct LeaseChange {
  ChangeReason reason = ChangeReason::changed;
  Revision revision;
  TimePoint at{};
  std::optional<Lease> before;
  std::optional<Lease> after;
  std::optional<RememberedPort> remembered{};
};

// One registration before and after. `before` absent: registered; `after` absent: deregistered.
struct ServiceChange {
  Revision revision;
  TimePoint at{};
  std::optional<Registration> before;
  std::optional<Registration> after;
};

using Change = std::variant<LeaseChange, ServiceChange>;
using Changes = std::vector<Change>;

inline const Revision& revision_of(const Change& change) {
  return std::visit([](const auto& one) -> const Revision& { return one.revision; }, change);
}

}  // namespace portd::core
