#pragma once

#include <string>

#include "common/lease.hpp"

namespace portd::client {

// The verdict with its reason, in one or two sentences.
std::string reason_of(const PortReport& report);

// The command to type next.
std::string next_step_of(const PortReport& report);

}  // namespace portd::client
