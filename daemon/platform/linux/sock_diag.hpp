#pragma once

#include <linux/inet_diag.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/descriptor.hpp"
#include "common/port.hpp"

namespace portd::platform {

// States of sockets as inet_diag(7) numbers them (include/net/tcp_states.h of Linux).
enum class TcpState : std::uint8_t {
  established = 1,
  fin_wait_1 = 4,
  fin_wait_2 = 5,
  time_wait = 6,
  close = 7,  // a UDP socket that is bound and not connected; a TCP socket that is bound and nothing else
  close_wait = 8,
  last_ack = 9,
  listen = 10,
  closing = 11,
  bound_inactive = 13,  // asks for bound TCP sockets; Linux 6.8, older ones pass it over
};
constexpr std::uint32_t states(TcpState state) { return 1U << static_cast<unsigned>(state); }
inline constexpr std::uint32_t all_states = 0x3fff;

// What the kernel tells of one socket.
struct DiagSocket : inet_diag_msg {
  bool v6_only = false;  // IPV6_V6ONLY; told of sockets that wait for traffic
};

// Asks the kernel about sockets: sock_diag(7) over one netlink socket that is opened at the first question and kept.
// The kernel answers while the question is being sent, so nothing here waits for anybody.
class SockDiag {
 public:
  // The socket with exactly these ends. Nothing when there is none or the kernel does not tell.
  // The family of the answer may be the other one: an IPv6 socket that is connected to a mapped IPv4 address.
  std::optional<DiagSocket> find(int family, const inet_diag_sockid& ends);

  struct Query {
    int family;
    int protocol;  // IPPROTO_TCP or IPPROTO_UDP
    std::uint32_t states = all_states;
    std::optional<Port> port{};  // the local one
  };
  // Every socket of this network namespace that matches. Nothing when the kernel does not tell.
  std::optional<std::vector<DiagSocket>> list(const Query& query);

 private:
  struct Answer;

  bool open();
  bool send(std::uint16_t flags, const inet_diag_req_v2& request, std::optional<Port> port);
  std::optional<std::size_t> receive(char* buffer, std::size_t size);
  Answer read_list();

  Descriptor socket_;
  std::uint32_t sequence_ = 0;  // of the last question; other answers are left-overs
};

}  // namespace portd::platform
