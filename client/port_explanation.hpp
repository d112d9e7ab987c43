#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/lease.hpp"

namespace portd::client {

// The verdict with its reason, in one or two sentences. `portd`: the daemon's own pid, where it is known.
std::string reason_of(const PortReport& report, std::optional<pid_t> portd);

// The command to type next.
std::string next_step_of(const PortReport& report, std::optional<pid_t> portd);

}  // namespace portd::client
