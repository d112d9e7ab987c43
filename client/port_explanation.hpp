#pragma once

#include <string>
#include <vector>

#include "client/viewpoint.hpp"
#include "common/lease.hpp"

namespace portd::client {

// The verdict with its reason, in one or two sentences.
std::string reason_of(const PortReport& report, const Viewpoint& view);

// What else is to be known before one uses the port: "note: ..." and "warning: ...", a line each.
std::vector<std::string> remarks_of(const PortReport& report);

// The command to type next.
std::string next_step_of(const PortReport& report, const Viewpoint& view);

}  // namespace portd::client
