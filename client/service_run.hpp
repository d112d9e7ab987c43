#pragma once

#include <string>
#include <vector>

#include "client/key_options.hpp"
#include "client/session.hpp"

namespace portd::client {

// What becomes of a service that already runs.
enum class WhenRunning {
  refuse,   // with its pid and URL
  reuse,    // its URL is printed
  replace,  // it is ended
  another,  // the next instance is started: main-2
};

// Whether the service gets a socket that already listens.
enum class HandOver {
  known,  // where portc knows that it takes one
  never,
  always,  // by LISTEN_FDS where portc knows no other way
};

struct RunRequest {
  KeyOptions key;
  std::string kind;  // empty: as portd grants it
  HandOver hand_over = HandOver::known;
  WhenRunning when_running = WhenRunning::refuse;
  std::vector<std::string> command;  // empty: of the project file
};

// Runs a service from its lease to its end: leases the port, takes its socket, registers it, runs the command with the
// socket kept open while that restarts, and deregisters. Returns the command's exit code (run_child()), or yes where
// the one that runs is reused. Failures: those of a grant; not_allowed where the command of the project file, or what
// its `env` sets, is not trusted.
Outcome<Exit> run_service(Session& session, const RunRequest& request);

}  // namespace portd::client
