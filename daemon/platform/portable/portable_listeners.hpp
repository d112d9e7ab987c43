#pragma once

#include <memory>

#include "daemon/core/processes.hpp"

namespace portd::platform {

// What listens, where the system has a list of its own: macOS (platform/darwin). POSIX has none, so that elsewhere
// nothing is seen to listen. One of the two is linked.
std::unique_ptr<core::Listeners> create_listeners();

}  // namespace portd::platform
