#pragma once

#include <optional>
#include <string>

#include "client/connection.hpp"
#include "client/environment.hpp"

namespace portd::client {

// The values of --url and --socket; empty when not given.
struct EndpointFlags {
  std::string url;
  std::string socket;
};

// The portd that was named: --url, --socket, PORTD_URL, PORTD_SOCKET, in this order; nothing when none was.
// Failure: usage.
Outcome<std::optional<Address>> stated_address(const EndpointFlags& flags, const Environment& environment);

// Connects to the portd of this user by its endpoint.json: its unix socket, else its URL when the process still
// lives (a runtime folder is emptied at logout). Failure: no_daemon.
Outcome<Connection> connect_to_running(const Paths& paths);

}  // namespace portd::client
