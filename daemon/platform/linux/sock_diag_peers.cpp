#include "daemon/platform/linux/sock_diag_peers.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "daemon/platform/unix_peer.hpp"

namespace portd::platform {

std::optional<uid_t> SockDiagPeers::uid_of(const core::TcpPair& pair) const {
  const std::size_t size = pair.v6 ? 16 : 4;
  inet_diag_sockid client{};
  client.idiag_sport = htons(pair.client_port);
  client.idiag_dport = htons(pair.server_port);
  std::memcpy(client.idiag_src, pair.client_address.data(), size);
  std::memcpy(client.idiag_dst, pair.server_address.data(), size);
  client.idiag_cookie[0] = client.idiag_cookie[1] = INET_DIAG_NOCOOKIE;

  const auto found = kernel_.find(pair.v6 ? AF_INET6 : AF_INET, client);
  if (!found) return std::nullopt;
  // The kernel falls back to a socket that listens on the client's port; and a closed one says uid 0.
  if (static_cast<TcpState>(found->idiag_state) != TcpState::established || found->idiag_inode == 0)
    return std::nullopt;
  if (found->id.idiag_sport != client.idiag_sport || found->id.idiag_dport != client.idiag_dport) return std::nullopt;
  return found->idiag_uid;
}

std::optional<core::Caller> SockDiagPeers::of_unix_socket(int socket) const { return unix_peer(socket); }

}  // namespace portd::platform
