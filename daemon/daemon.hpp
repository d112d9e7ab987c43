#pragma once

#include "common/paths.hpp"
#include "daemon/configuration.hpp"

namespace portd {

// Everything that makes up a running portd. Serves until SIGTERM or SIGINT, reads its configuration again at SIGHUP;
// returns the exit code.
// Throws AlreadyRunning, store::StoreError, std::system_error at start-up.
int run_daemon(Configuration& configuration, const Paths& paths);

}  // namespace portd
