#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "common/lease.hpp"
#include "daemon/core/port_set.hpp"

namespace portd::core {

// Where ports may come from.
struct PortRules {
  std::map<std::string, PortRange> ranges = {{"default", {Port(20000), Port(29999)}}};
  PortSet excluded;  // by the configuration
  Strategy strategy = Strategy::hash;
  OnConflict on_conflict = OnConflict::next;
  HoldMode hold = HoldMode::open;
};

// Ports that browsers refuse to open (Chromium's and Firefox's lists).
bool is_blocked(Port port);
// Well-known development ports that lie in the default range (22000, 24224, ...).
bool is_well_known(Port port);
// Both of these.
PortSet never_granted();

// Walks the free ports of a range in the order of a strategy. Each port at most once.
class Candidates {
 public:
  // `taken`: leased or never to be granted. Both references must outlive this.
  Candidates(const PortSet& taken, PortRange range, Port start);

  // The next free port, or nothing when the range is used up.
  std::optional<Port> next();

 private:
  const PortSet& taken_;
  PortRange range_;
  Port start_;
  std::optional<Port> cursor_;
  bool wrapped_ = false;
};

// Where each strategy starts to look.
class Allocator {
 public:
  explicit Allocator(std::uint64_t seed) : random_(seed) {}

  // hash: slot = sha256_prefix(key text) modulo the size; next: the first port; random: any free one.
  Port start(Strategy strategy, const Key& key, PortRange range, const PortSet& taken);

 private:
  std::mt19937_64 random_;
};

}  // namespace portd::core
