#include "daemon/platform/linux/socket_holds.hpp"

#include <algorithm>
#include <utility>

#include "daemon/platform/descriptor_limit.hpp"
#include "daemon/platform/linux/own_port.hpp"

namespace portd::platform {
namespace {

core::Holds::Outcome why_not(Bind result) {
  switch (result) {
    case Bind::in_use:
      return core::Holds::Outcome::in_use;
    case Bind::no_descriptors:
      return core::Holds::Outcome::no_descriptors;
    case Bind::bound:
    case Bind::no_family:
    case Bind::denied:
      break;
  }
  return core::Holds::Outcome::denied;
}

}  // namespace

template <class BindOne>
SocketHolds::Binding SocketHolds::bind_all(BindOne bind_one) {
  Binding all{Bind::no_family};
  for (const char* wildcard : wildcards) {
    BindAttempt one = bind_one(wildcard);
    if (one.result == Bind::no_family) continue;
    if (one.result != Bind::bound) return {one.result};
    Descriptor& place = wildcard == wildcards[0] ? all.sockets.v4 : all.sockets.v6;
    place = std::move(one.socket);
    all.result = Bind::bound;
  }
  return all;
}

SocketHolds::Binding SocketHolds::bind_strictly(Port port, int type) {
  return bind_all([&](const char* wildcard) { return bind_socket(SocketAddress(wildcard, port), type); });
}

SocketHolds::Binding SocketHolds::bind_tcp(Port port, Claim claim) {
  Binding strict = bind_strictly(port, SOCK_STREAM);
  if (strict.result != Bind::in_use || claim == Claim::new_port) return strict;
  switch (occupied(port)) {
    case Occupied::by_somebody:
      return strict;
    case Occupied::by_nobody:
      return bind_strictly(port, SOCK_STREAM);
    case Occupied::by_ended_connections:
      break;
  }
  return bind_all([&](const char* wildcard) { return bind_past_ended_connections(wildcard, port); });
}

void SocketHolds::apply(const Sockets& sockets, HoldMode mode) {
  const Reuse reuse = mode == HoldMode::open ? Reuse::yes : Reuse::no;
  if (sockets.v4) set_reuse(sockets.v4.get(), reuse);
  if (sockets.v6) set_reuse(sockets.v6.get(), reuse);
}

core::Holds::Outcome SocketHolds::take(Port port, Protocol protocol, HoldMode mode, Claim claim) {
  if (held(port)) return Outcome::held;
  Binding tcp{Bind::bound};
  if (protocol != Protocol::udp) tcp = bind_tcp(port, claim);
  if (tcp.result != Bind::bound) return why_not(tcp.result);
  if (protocol != Protocol::tcp) {
    const Binding udp = bind_strictly(port, SOCK_DGRAM);
    if (udp.result != Bind::bound) return why_not(udp.result);
  }
  if (protocol == Protocol::udp || mode == HoldMode::none) return Outcome::probed;
  if (in_reserve(std::max(tcp.sockets.v4.get(), tcp.sockets.v6.get()))) return Outcome::no_descriptors;
  apply(tcp.sockets, mode);
  held_.emplace(port, std::move(tcp.sockets));
  return Outcome::held;
}

// Opens the hold of the one family, for as long as it takes to bind and listen.
BindAttempt SocketHolds::bind_over(const Sockets& hold, Port port, const ListenAddress& address) {
  const Descriptor& own = address.is_v6() ? hold.v6 : hold.v4;
  if (own) set_reuse(own.get(), Reuse::yes);
  BindAttempt attempt = listening(bind_socket(SocketAddress(address.text().c_str(), port), SOCK_STREAM, Reuse::yes));
  apply(hold, HoldMode::strict);
  return attempt;
}

BindAttempt SocketHolds::bind_unheld(Port port, const ListenAddress& address) {
  BindAttempt strict = bind_socket(SocketAddress(address.text().c_str(), port), SOCK_STREAM);
  if (strict.result != Bind::in_use || occupied(port) == Occupied::by_somebody) return listening(std::move(strict));
  return listening(bind_past_ended_connections(address.text().c_str(), port));
}

Result<Descriptor> SocketHolds::listen(Port port, const ListenAddress& address) {
  const auto hold = held_.find(port);
  BindAttempt attempt = hold != held_.end() ? bind_over(hold->second, port, address) : bind_unheld(port, address);
  return socket_of(std::move(attempt), address, port);
}

void SocketHolds::set_mode(Port port, HoldMode mode) {
  const auto hold = held_.find(port);
  if (hold != held_.end()) apply(hold->second, mode);
}

}  // namespace portd::platform
