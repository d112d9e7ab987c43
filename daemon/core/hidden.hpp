#pragma once

#include <sys/types.h>

#include <string>

#include "common/lease.hpp"

namespace portd::core {

// Why the process of a listener is not shown, and what shows it; empty when it is known who listens. `owner`: the user
// we are.
std::string note_on(const Listener& listener, uid_t owner);

}  // namespace portd::core
