#pragma once

#include <sys/socket.h>

#include "common/descriptor.hpp"
#include "common/error.hpp"
#include "common/listen_address.hpp"
#include "common/port.hpp"

namespace portd::platform {

// An IPv4 or IPv6 address with a port, as the socket calls want it.
class SocketAddress {
 public:
  // `text`: a numeric address such as "0.0.0.0" or "::1".
  SocketAddress(const char* text, Port port);

  int family() const { return storage_.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// Both families; a hold or a probe takes each that the system has.
inline constexpr const char* wildcards[] = {"0.0.0.0", "::"};

// Why a socket was bound or not.
enum class Bind {
  bound,
  in_use,          // EADDRINUSE
  no_family,       // the system has no such family, or not that address
  no_descriptors,  // of the process or of the system; also no memory
  denied,
};

// One try to bind, and its socket when it succeeded.
struct BindAttempt {
  Bind result = Bind::denied;
  Descriptor socket{};
};

// SO_REUSEADDR.
enum class Reuse { no, yes };
void set_reuse(int socket, Reuse reuse);

// Opens a close-on-exec socket; an IPv6 one is IPv6 only. `type`: SOCK_STREAM or SOCK_DGRAM.
BindAttempt open_socket(int family, int type);

// Binds the socket of an attempt that succeeded so far; without it the attempt keeps nothing.
BindAttempt bind_to(BindAttempt attempt, const SocketAddress& address);

// Lets the socket of an attempt that succeeded so far listen. It has SO_REUSEADDR then: the connections that it accepts
// inherit that, and without it those that have ended would keep the next server from binding for a minute (TIME_WAIT).
BindAttempt listening(BindAttempt attempt);

// The socket of an attempt, or what its reason means to whoever asked for it. `where`: for messages.
Result<Descriptor> socket_of(BindAttempt attempt, const ListenAddress& where, Port port);

// Both at once. With Reuse::no this is the test that nobody else has the port, TIME_WAIT included.
BindAttempt bind_socket(const SocketAddress& address, int type, Reuse reuse = Reuse::no);

}  // namespace portd::platform
