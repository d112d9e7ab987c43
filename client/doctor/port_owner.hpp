#pragma once

#include <cstdint>
#include <optional>

#include "client/doctor/facts.hpp"

namespace portd::client {

// Who listens on a TCP port of 127.0.0.1 or ::1, wildcards included; another address, such as 127.0.0.5, leaves it to
// portd. Nothing when nobody does. Linux: /proc/net/tcp and /proc/PID/fd of proc(5); elsewhere only whether the port
// can be bound is known.
std::optional<PortOwner> owner_of_port(std::uint16_t port);

// The command line of a process; empty when it cannot be read.
std::string command_of(pid_t pid);

}  // namespace portd::client
