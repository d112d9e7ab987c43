#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/port.hpp"

namespace portd::core {

// A set of ports as a bitmap with a summary level, so that the next absent port is found in a few
// word operations however full the range is.
class PortSet {
 public:
  bool contains(Port port) const;
  void insert(Port port);
  void insert(const PortSet& others);
  void erase(Port port);

  // The lowest port of the range from `from` on, not wrapping, that is not in the set.
  std::optional<Port> next_absent(PortRange range, Port from) const;

  // How many of the range are in the set.
  std::uint32_t count(PortRange range) const;

 private:
  static constexpr std::size_t words = 65536 / 64;
  std::array<std::uint64_t, words> present_{};
  std::array<std::uint64_t, words / 64> full_{};  // one bit a word of present_ that is all ones
};

}  // namespace portd::core
