#pragma once

#include <cstddef>

namespace portd::platform {

// How many descriptors holds and watches leave to connections, files and timers.
std::size_t descriptor_reserve(std::size_t soft_limit);

// Whether a descriptor lies in the reserve. The kernel gives the lowest free number, so one in the reserve means
// that everything below is in use; whoever keeps only descriptors below leaves the whole reserve to others.
bool in_reserve(int descriptor);

}  // namespace portd::platform
