#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/core/processes.hpp"

namespace portd::core {

// The two ends of a loopback TCP connection, addresses in network byte order.
struct TcpPair {
  bool v6 = false;  // of the accepted socket; IPv4 uses the first four bytes
  std::array<std::uint8_t, 16> client_address{};
  std::uint16_t client_port = 0;  // host byte order
  std::array<std::uint8_t, 16> server_address{};
  std::uint16_t server_port = 0;

  bool operator==(const TcpPair&) const = default;
};

// Who owns the other end of a connection.
class Peers {
 public:
  virtual ~Peers() = default;

  // The uid that owns the client's socket of an ESTABLISHED connection with an inode; nothing when it is
  // closed, half closed, or cannot be told on this system (then a token is needed). Linux: sock_diag(7).
  virtual std::optional<uid_t> uid_of(const TcpPair& pair) const = 0;

  // The process at the other end of a connected unix socket (SO_PEERCRED, unix(7)); `socket` is a descriptor.
  virtual std::optional<Caller> of_unix_socket(int socket) const = 0;
};

}  // namespace portd::core
