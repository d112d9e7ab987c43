#include "daemon/platform/linux/own_port.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/platform/linux/sock_diag.hpp"

namespace portd::platform {
namespace {

// Of 127.0.0.0/8, and of the discard prefix 100::/64 (RFC 6666): nobody serves here.
const char* unused_address(int family) { return family == AF_INET ? "127.83.17.5" : "100::7:83:17:5"; }

BindAttempt bind_guard(int family, Port port) {
  BindAttempt attempt = open_socket(family, SOCK_STREAM);
  if (!attempt.socket) return attempt;
  // IP_FREEBIND: an address that no interface has will do.
  const int on = 1;
  const int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
  const int option = family == AF_INET ? IP_FREEBIND : IPV6_FREEBIND;
  if (::setsockopt(attempt.socket.get(), level, option, &on, sizeof on) != 0) return {Bind::in_use};
  return bind_to(std::move(attempt), SocketAddress(unused_address(family), port));
}

bool has_ended(const inet_diag_msg& socket) {
  constexpr std::array ended = {TcpState::fin_wait_1, TcpState::fin_wait_2, TcpState::time_wait,
                                TcpState::close_wait, TcpState::last_ack,   TcpState::closing};
  const auto state = static_cast<TcpState>(socket.idiag_state);
  return socket.idiag_inode == 0 && std::find(ended.begin(), ended.end(), state) != ended.end();
}

// The usual case, answered without reading a list: finds a socket that listens on a wildcard or on this address.
bool listens_on_loopback(SockDiag& kernel, int family, Port port) {
  inet_diag_sockid ends{};
  ends.idiag_sport = htons(port.number());
  ends.idiag_src[0] = family == AF_INET ? htonl(INADDR_LOOPBACK) : 0;
  if (family == AF_INET6) ends.idiag_src[3] = htonl(1);
  ends.idiag_cookie[0] = ends.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  const auto found = kernel.find(family, ends);
  return found && static_cast<TcpState>(found->idiag_state) == TcpState::listen;
}

}  // namespace

Occupied occupied(Port port) {
  SockDiag kernel;
  for (const int family : {AF_INET, AF_INET6}) {
    if (listens_on_loopback(kernel, family, port)) return Occupied::by_somebody;
  }
  bool any = false;
  for (const int family : {AF_INET, AF_INET6}) {
    const auto sockets = kernel.list({family, IPPROTO_TCP, all_states, port});
    if (!sockets || !std::all_of(sockets->begin(), sockets->end(), has_ended)) return Occupied::by_somebody;
    any = any || !sockets->empty();
  }
  return any ? Occupied::by_ended_connections : Occupied::by_nobody;
}

BindAttempt bind_past_ended_connections(const char* text, Port port) {
  const SocketAddress address(text, port);
  BindAttempt guard = bind_guard(address.family(), port);
  if (!guard.socket) return guard;
  set_reuse(guard.socket.get(), Reuse::yes);  // so that only now the next bind passes it
  return bind_socket(address, SOCK_STREAM, Reuse::yes);
}

}  // namespace portd::platform
