#pragma once

#include <cstdint>
#include <string>

namespace portd::load {

// Where the server is: a port of 127.0.0.1, or a unix socket.
struct Target {
  std::uint16_t port = 0;
  std::string socket;

  std::string host() const { return socket.empty() ? "localhost:" + std::to_string(port) : "localhost"; }
};

// A connection to it; the caller closes it. Throws std::system_error.
int connect_to(const Target& target);

}  // namespace portd::load
