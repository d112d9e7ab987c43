#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/service.hpp"
#include "common/time.hpp"
#include "daemon/core/latencies.hpp"

namespace portd::core {

// What happened to leases, counted.
struct ChangeCounts {
  std::uint64_t grants = 0;
  std::uint64_t releases = 0;
  std::uint64_t expired = 0;
  std::uint64_t moves = 0;
  std::uint64_t conflicts = 0;  // refused because the port is in use, or a lease that became contested

  ChangeCounts& operator+=(const ChangeCounts& more) {
    grants += more.grants;
    releases += more.releases;
    expired += more.expired;
    moves += more.moves;
    conflicts += more.conflicts;
    return *this;
  }
  bool operator==(const ChangeCounts&) const = default;
};

// How many ports are what.
struct PortCounts {
  std::uint64_t leased = 0;
  std::uint64_t listening = 0;  // leased, and its service listens
  std::uint64_t foreign = 0;    // somebody listens whom nobody leased it

  bool operator==(const PortCounts&) const = default;
};

// How one instance was for a while.
struct ServiceSample {
  InstanceKey key;
  std::uint64_t checks = 0;  // made
  std::uint64_t failures = 0;
  Millis watched{};  // how long it was passing, warning or critical; starting and maintenance say nothing
  Millis up{};       // how long of that it was passing or warning
  Latencies latencies{};

  void add(const ServiceSample& more) {
    checks += more.checks;
    failures += more.failures;
    watched += more.watched;
    up += more.up;
    latencies.add(more.latencies);
  }
};

struct OccupancyPoint {
  TimePoint at{};
  PortCounts ports{};
};

// The samples since a moment.
struct StatisticsQuery {
  TimePoint since{};
  Millis window{};  // up to now: the longer, the coarser
};

struct Statistics {
  ChangeCounts changes{};
  std::vector<ServiceSample> services{};    // by key
  std::vector<OccupancyPoint> occupancy{};  // oldest first
};

}  // namespace portd::core
