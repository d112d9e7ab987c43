#pragma once

#include <optional>

#include "daemon/core/processes.hpp"

namespace portd::platform {

// The process at the other end of a connected unix socket: SO_PEERCRED of unix(7), elsewhere getpeereid(3).
// Without a pid when the system does not tell it, or when it lies in another pid namespace.
std::optional<core::Caller> unix_peer(int socket);

}  // namespace portd::platform
