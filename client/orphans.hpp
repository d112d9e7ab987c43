#pragma once

#include "common/time.hpp"

namespace portd::client {

// Descendants whose parents end become our children from now on, not those of init: npm passes SIGTERM on to a shell
// only, and the server behind it would stay on the port (prctl(2), PR_SET_CHILD_SUBREAPER; nothing where there is no
// such).
void adopt_orphans();

// Sends the signal (0: none) to every child of our session that is left, also to those that come meanwhile, and waits
// until all have ended or the time is up.
void end_orphans(int signal, Millis time_limit);

}  // namespace portd::client
