#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/viewpoint.hpp"
#include "common/lease.hpp"
#include "common/service.hpp"

namespace portd::client {

// All that `portc top` shows, as it was at one moment.
struct TopSnapshot {
  std::string version{};
  std::string health{};  // "ok", "degraded"
  std::vector<Lease> leases{};
  std::vector<Instance> services{};
  std::vector<PortReport> foreign{};
  std::vector<PortReport> contested{};  // the ports of contested leases
  std::optional<std::size_t> alerts{};  // raised; absent: portd does not tell
  std::string project{};                // of the folder: its name is left out
  Viewpoint view{};
};

// A lease with the service on it, or with who is on its port instead, a service on a port of its own, or a foreign
// listener.
struct TopRow {
  std::string service{};  // empty: foreign
  std::string instance{};
  Port port{1};
  std::string state{};
  std::string status{};  // empty: not registered
  std::optional<std::chrono::microseconds> latency{};
  std::optional<pid_t> pid{};
  std::string command{};

  bool operator==(const TopRow&) const = default;
};

enum class TopOrder { name, port, state, status, latency };

std::string_view name_of(TopOrder order);
TopOrder next_order(TopOrder order);

// The worst states and statuses, and the longest latencies, come first; rows that are equal stay by name, and those
// without a name come last. `foreign`: whether foreign listeners are among them.
std::vector<TopRow> top_rows(const TopSnapshot& snapshot, TopOrder order, bool foreign);

}  // namespace portd::client
