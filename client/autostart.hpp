#pragma once

#include <sys/types.h>

#include <optional>

#include "client/connection.hpp"
#include "client/environment.hpp"

namespace portd::client {

struct Started {
  Connection connection;
  std::optional<pid_t> pid;  // of the portd that this call started; nothing when another portc was quicker
};

// Starts the portd that lies beside portc, else the one of PATH: in a session of its own, with none of the
// caller's descriptors, its output appended to <state>/portd.log. Returns once it answers GET /health.
// Failures: no_daemon, or configuration when portd says so, with the last lines of the log.
Outcome<Started> start_portd(const Environment& environment);

}  // namespace portd::client
