#pragma once

#include "daemon/core/peers.hpp"
#include "daemon/platform/linux/sock_diag.hpp"

namespace portd::platform {

// Asks for the client's socket by its two ends, once a call.
class SockDiagPeers final : public core::Peers {
 public:
  std::optional<uid_t> uid_of(const core::TcpPair& pair) const override;
  std::optional<core::Caller> of_unix_socket(int socket) const override;

 private:
  mutable SockDiag kernel_;  // the open netlink socket is no part of the answer
};

}  // namespace portd::platform
