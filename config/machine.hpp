#pragma once

#include "config/settings.hpp"

namespace portd::config {

// What this machine says. Linux: /proc/sys/net/ipv4/ip_local_port_range; elsewhere nothing is known.
Machine this_machine();

}  // namespace portd::config
