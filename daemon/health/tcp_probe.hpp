#pragma once

#include "daemon/core/prober.hpp"
#include "daemon/outbound/interruption.hpp"
#include "daemon/task.hpp"

namespace portd::health {

// Whether the port takes connections. Nothing is sent.
Task<core::Finding> probe_tcp(Executor executor, const core::Probe& probe, outbound::Interruption& interruption);

}  // namespace portd::health
