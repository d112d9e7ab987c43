#pragma once

#include <sys/types.h>

#include "client/outcome.hpp"
#include "common/time.hpp"

namespace portd::client {

// Asks a process of ours to end (SIGTERM) and waits until it has. A later process with the same pid is never
// signalled (pidfd_open(2), where there is one). Failures: not_allowed; no when it still lives at the end.
Outcome<void> end_process(pid_t pid, Millis time_limit);

}  // namespace portd::client
