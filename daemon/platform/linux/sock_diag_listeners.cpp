#include "daemon/platform/linux/sock_diag_listeners.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <set>

namespace portd::platform {
namespace {

std::string address_text(const inet_diag_msg& socket) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(socket.idiag_family, socket.id.idiag_src, text.data(), text.size());
  return text.data();
}

std::string look_up_name(uid_t uid) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::to_string(uid);
  }
  return found->pw_name;
}

// The descriptors of other users' processes cannot be read, except by root.
bool may_be_seen(const Listener& listener) {
  const uid_t us = ::geteuid();
  return listener.inode != 0 && (us == 0 || us == listener.uid);
}

}  // namespace

const std::string& SockDiagListeners::user_name(uid_t uid) const {
  auto known = user_names_.find(uid);
  if (known == user_names_.end()) known = user_names_.emplace(uid, look_up_name(uid)).first;
  return known->second;
}

std::vector<Listener> SockDiagListeners::snapshot() const {
  struct Kind {
    Protocol protocol;
    int number;
    TcpState state;
  };
  constexpr std::array kinds = {Kind{Protocol::tcp, IPPROTO_TCP, TcpState::listen},
                                Kind{Protocol::udp, IPPROTO_UDP, TcpState::close}};
  std::vector<Listener> listeners;
  for (const Kind& kind : kinds) {
    for (const int family : {AF_INET, AF_INET6}) {
      const auto sockets = kernel_.list({family, kind.number, states(kind.state)});
      if (!sockets) continue;
      for (const inet_diag_msg& socket : *sockets) {
        if (socket.id.idiag_sport != 0) listeners.push_back(listener_of(kind.protocol, socket));
      }
    }
  }
  return listeners;
}

// The kernel looks the ends up as it does for a packet: without a connection of that kind, the listener is found.
std::optional<Listener> SockDiagListeners::reached_by(const std::string& address, Port port) const {
  const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  inet_diag_sockid ends{};
  ends.idiag_sport = htons(port.number());
  ends.idiag_cookie[0] = ends.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::inet_pton(family, address.c_str(), ends.idiag_src) != 1) return std::nullopt;
  const auto found = kernel_.find(family, ends);
  if (!found || static_cast<TcpState>(found->idiag_state) != TcpState::listen) return std::nullopt;
  return listener_of(Protocol::tcp, *found);
}

Listener SockDiagListeners::listener_of(Protocol protocol, const inet_diag_msg& socket) const {
  return {protocol,           address_text(socket), Port(ntohs(socket.id.idiag_sport)),
          socket.idiag_inode, socket.idiag_uid,     user_name(socket.idiag_uid)};
}

void SockDiagListeners::identify(std::vector<Listener>& listeners) const {
  std::set<std::uint64_t> inodes;
  for (const Listener& listener : listeners) {
    if (may_be_seen(listener)) inodes.insert(listener.inode);
  }
  owners_.look_for(inodes);
  for (Listener& listener : listeners) {
    if (may_be_seen(listener)) listener.process = owners_.owner(listener.inode);
  }
}

}  // namespace portd::platform
