#pragma once

#include <cstddef>
#include <string>

namespace portd::client {

// "1 lease", "2 leases".
inline std::string counted(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

}  // namespace portd::client
