#include "daemon/core/allocator.hpp"

#include <algorithm>
#include <array>

#include "common/sha256.hpp"

namespace portd::core {
namespace {

// Chromium net/base/port_util.cc kRestrictedPorts and Firefox netwerk/base/nsIOService.cpp gBadPortList, together.
constexpr auto blocked = std::to_array<std::uint16_t>(
    {1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,   37,   42,   43,   53,
     69,   77,   79,   87,   95,   101,  102,  103,  104,  109,  110,  111,  113,  115,  117,  119,  123,
     135,  137,  139,  143,  161,  179,  389,  427,  465,  512,  513,  514,  515,  526,  530,  531,  532,
     540,  548,  554,  556,  563,  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659,
     4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080});

// Registered with IANA or used by default by development tools, inside 20000-29999.
constexpr auto well_known = std::to_array<std::uint16_t>(
    {22000, 22222, 24224, 24800, 25565, 25575, 25672, 26257, 26379, 27015, 27017, 27018, 27019, 28015, 28017});

template <std::size_t size>
bool listed(const std::array<std::uint16_t, size>& ports, Port port) {
  return std::find(ports.begin(), ports.end(), port.number()) != ports.end();
}

Port port_at(PortRange range, std::uint64_t slot) {
  return Port(static_cast<std::uint16_t>(range.first.number() + slot % range.size()));
}

}  // namespace

bool is_blocked(Port port) { return listed(blocked, port); }
bool is_well_known(Port port) { return listed(well_known, port); }

PortSet never_granted() {
  PortSet ports;
  for (const std::uint16_t number : blocked) ports.insert(Port(number));
  for (const std::uint16_t number : well_known) ports.insert(Port(number));
  return ports;
}

Candidates::Candidates(const PortSet& taken, PortRange range, Port start)
    : taken_(taken), range_(range), start_(start), cursor_(start) {}

std::optional<Port> Candidates::next() {
  if (!cursor_) return std::nullopt;
  std::optional<Port> found = taken_.next_absent(range_, *cursor_);
  if (!found && !wrapped_) {
    wrapped_ = true;
    found = taken_.next_absent(range_, range_.first);
  }
  if (!found || (wrapped_ && *found >= start_)) {
    cursor_.reset();
    return std::nullopt;
  }
  if (*found < range_.last) {
    cursor_ = Port(static_cast<std::uint16_t>(found->number() + 1));
  } else if (!wrapped_ && start_ > range_.first) {
    wrapped_ = true;
    cursor_ = range_.first;
  } else {
    cursor_.reset();
  }
  return found;
}

Port Allocator::start(Strategy strategy, const Key& key, PortRange range, const PortSet& taken) {
  switch (strategy) {
    case Strategy::hash:
      return port_at(range, sha256_prefix(key.text()));
    case Strategy::next:
      return range.first;
    case Strategy::random:
      break;
  }
  // Uniform among the slots, then the next free one; a full draw would have to count every word.
  const Port drawn = port_at(range, random_());
  return taken.next_absent(range, drawn).value_or(drawn);
}

}  // namespace portd::core
