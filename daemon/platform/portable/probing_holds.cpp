#include "daemon/platform/portable/probing_holds.hpp"

#include <span>

#include "daemon/platform/bind_attempt.hpp"

namespace portd::platform {
namespace {

// Binds to each address in turn and lets go. in_use or another reason of the first that fails; a family that is
// missing is passed over.
Bind probe(std::span<const char* const> addresses, Port port, int type, Reuse reuse) {
  Bind result = Bind::denied;
  for (const char* address : addresses) {
    const BindAttempt attempt = bind_socket(SocketAddress(address, port), type, reuse);
    if (attempt.result == Bind::no_family) continue;
    result = attempt.result;
    if (result != Bind::bound) break;
  }
  return result;
}

// Passes TIME_WAIT. With SO_REUSEADDR the BSDs refuse only a socket that is bound to the very same address, so the
// loopback addresses are asked for too.
Bind probe_own(Port port) {
  constexpr const char* addresses[] = {"0.0.0.0", "127.0.0.1", "::", "::1"};
  return probe(addresses, port, SOCK_STREAM, Reuse::yes);
}

Bind probe_tcp(Port port, core::Holds::Claim claim) {
  const Bind strict = probe(wildcards, port, SOCK_STREAM, Reuse::no);
  return strict == Bind::in_use && claim == core::Holds::Claim::own_port ? probe_own(port) : strict;
}

core::Holds::Outcome outcome_of(Bind result) {
  switch (result) {
    case Bind::bound:
      return core::Holds::Outcome::probed;
    case Bind::in_use:
      return core::Holds::Outcome::in_use;
    case Bind::no_descriptors:
      return core::Holds::Outcome::no_descriptors;
    case Bind::no_family:
    case Bind::denied:
      break;
  }
  return core::Holds::Outcome::denied;
}

}  // namespace

core::Holds::Outcome ProbingHolds::take(Port port, Protocol protocol, HoldMode, Claim claim) {
  Bind result = Bind::bound;
  if (protocol != Protocol::udp) result = probe_tcp(port, claim);
  if (result == Bind::bound && protocol != Protocol::tcp) result = probe(wildcards, port, SOCK_DGRAM, Reuse::no);
  return outcome_of(result);
}

Result<Descriptor> ProbingHolds::listen(Port port, const ListenAddress& address) {
  const SocketAddress place(address.text().c_str(), port);
  BindAttempt attempt = bind_socket(place, SOCK_STREAM);
  if (attempt.result == Bind::in_use && probe_own(port) == Bind::bound) {
    attempt = bind_socket(place, SOCK_STREAM, Reuse::yes);
  }
  return socket_of(listening(std::move(attempt)), address, port);
}

}  // namespace portd::platform
