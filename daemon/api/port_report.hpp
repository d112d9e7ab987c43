#pragma once

#include <vector>

#include "common/lease.hpp"
#include "daemon/api/context.hpp"

namespace portd::api {

// Everything about one port. `listeners`: those on it.
PortReport report_on(Port port, std::vector<Listener> listeners, const Context& context);

}  // namespace portd::api
