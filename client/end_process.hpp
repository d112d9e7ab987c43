#pragma once

#include <sys/types.h>

#include <functional>

#include "client/outcome.hpp"
#include "common/time.hpp"

namespace portd::client {

// Asks a process of ours to end (SIGTERM) and waits until it has. A later process with the same pid is never
// signalled (pidfd_open(2), where there is one); `is_meant` is asked once it can be no other. Failures: not_allowed; no
// when it still lives at the end.
Outcome<void> end_process(pid_t pid, Millis time_limit, const std::function<bool()>& is_meant = [] { return true; });

}  // namespace portd::client
