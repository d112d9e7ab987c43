#pragma once

#include "daemon/core/prober.hpp"
#include "daemon/outbound/interruption.hpp"
#include "daemon/task.hpp"

namespace portd::health {

// One request on a connection of its own, and what its answer is worth (DESIGN section 5, Checks). No redirect is
// followed; no more of the body is read than the verdict takes, and never more than 64 KB.
Task<core::Finding> probe_http(Executor executor, const core::Probe& probe, outbound::Interruption& interruption);

}  // namespace portd::health
