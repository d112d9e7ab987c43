#pragma once

#include <sys/resource.h>

#include <optional>

#include "daemon/core/prober.hpp"
#include "daemon/outbound/interruption.hpp"
#include "daemon/task.hpp"

namespace portd::health {

// Runs argv without a shell, in "/", in a process group of its own, with nothing of portd's: no descriptors, no signal
// settings, the limit of descriptors that portd was started with. PORT and PORTD_CHECK are added to its environment.
// Exit 0 passes, 1 warns, all else fails. Over is over: what it left in its group is killed.
Task<core::Finding> probe_command(Executor executor, const core::Probe& probe, std::optional<rlim_t> descriptors,
                                  outbound::Interruption& interruption);

}  // namespace portd::health
