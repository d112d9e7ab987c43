#pragma once

#include "common/port.hpp"
#include "daemon/platform/bind_attempt.hpp"

namespace portd::platform {

// What keeps a port from being bound strictly, as sock_diag(7) shows it.
enum class Occupied {
  by_nobody,             // not any more
  by_ended_connections,  // TIME_WAIT and what is on its way there; no process has it
  by_somebody,           // or the kernel does not tell
};
Occupied occupied(Port port);

// Binds one wildcard, or one address, past ended connections, and never past a socket that anybody has on a wildcard of
// this port.
//
// SO_REUSEADDR alone would pass over another user's hold: that is bound, does not listen, and has it too. So a guard
// socket goes first: bound strictly to the same port at an address that nobody has, it conflicts with every socket on
// the wildcard and with the guard of another portd, but not with ended connections at their own addresses.
//
// Before Linux 6.8 occupied() does not see a socket bound to one address that neither listens nor is connected. If it
// has SO_REUSEADDR it may be passed over; it is no hold of a portd, since those are on the wildcards.
BindAttempt bind_past_ended_connections(const char* text, Port port);

}  // namespace portd::platform
