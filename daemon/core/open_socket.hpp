#pragma once

#include <sys/types.h>

#include <array>
#include <compare>
#include <cstdint>

#include "common/lease.hpp"

namespace portd::core {

// A socket that somebody has open for incoming traffic, as one look at the kernel shows it: little to copy, and told
// apart from every other by comparing. By port, when sorted.
struct OpenSocket {
  Port port{1};
  Protocol protocol = Protocol::tcp;  // tcp or udp
  bool v6 = false;
  bool v6_only = false;                    // leaves IPv4 to others
  std::array<std::uint8_t, 16> address{};  // as on the wire; of IPv4 the first four bytes
  uid_t uid = 0;
  std::uint64_t inode = 0;  // other systems: what tells it from another on the same port

  auto operator<=>(const OpenSocket&) const = default;
};

}  // namespace portd::core
