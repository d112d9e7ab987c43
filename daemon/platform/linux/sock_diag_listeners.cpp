#include "daemon/platform/linux/sock_diag_listeners.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <set>

#include "daemon/platform/linux/proc_origin.hpp"

namespace portd::platform {
namespace {

core::OpenSocket socket_of(Protocol protocol, const DiagSocket& message) {
  core::OpenSocket socket;
  socket.port = Port(ntohs(message.id.idiag_sport));
  socket.protocol = protocol;
  socket.v6 = message.idiag_family == AF_INET6;
  socket.v6_only = socket.v6 && message.v6_only;
  std::memcpy(socket.address.data(), message.id.idiag_src, socket.v6 ? 16 : 4);
  socket.uid = message.idiag_uid;
  socket.inode = message.idiag_inode;
  return socket;
}

std::string address_text(const core::OpenSocket& socket) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(socket.v6 ? AF_INET6 : AF_INET, socket.address.data(), text.data(), text.size());
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

std::vector<core::OpenSocket> SockDiagListeners::sockets() const {
  struct Kind {
    Protocol protocol;
    int number;
    TcpState state;
    int family;
  };
  constexpr std::array kinds = {Kind{Protocol::tcp, IPPROTO_TCP, TcpState::listen, AF_INET},
                                Kind{Protocol::tcp, IPPROTO_TCP, TcpState::listen, AF_INET6},
                                Kind{Protocol::udp, IPPROTO_UDP, TcpState::close, AF_INET},
                                Kind{Protocol::udp, IPPROTO_UDP, TcpState::close, AF_INET6}};
  std::vector<core::OpenSocket> all;
  for (std::size_t at = 0; at < kinds.size(); ++at) {
    const Kind& kind = kinds[at];
    if (const auto listed = kernel_.list({kind.family, kind.number, states(kind.state)})) {
      told_[at].clear();
      for (const DiagSocket& socket : *listed) {
        if (socket.id.idiag_sport != 0) told_[at].push_back(socket_of(kind.protocol, socket));
      }
    }
    all.insert(all.end(), told_[at].begin(), told_[at].end());
  }
  return all;
}

Listener SockDiagListeners::describe(const core::OpenSocket& socket) const {
  Listener listener{socket.protocol, address_text(socket), socket.port,
                    socket.inode,    socket.uid,           user_name(socket.uid)};
  listener.v6_only = socket.v6_only;
  return listener;
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
  return describe(socket_of(Protocol::tcp, *found));
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

Origin SockDiagListeners::origin(const ProcessId& process) const {
  const auto folder = process.boot_id == boot_->id() ? ProcFolder::open(process.pid) : std::nullopt;
  const auto stat = folder ? folder->stat() : std::nullopt;
  if (!stat || stat->start_ticks != process.start_ticks) return {};
  return origin_of(*folder, *stat);
}

}  // namespace portd::platform
