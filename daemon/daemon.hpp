#pragma once

#include "common/paths.hpp"
#include "config/settings.hpp"

namespace portd {

// Everything that makes up a running portd. Serves until SIGTERM, SIGINT or SIGHUP; returns the exit code.
// Throws AlreadyRunning, store::StoreError, std::system_error at start-up.
int run_daemon(const config::Settings& settings, const Paths& paths);

}  // namespace portd
