#pragma once

#include <string>
#include <string_view>

#include "client/outcome.hpp"
#include "common/time.hpp"

// Moments as people write and read them, in local time.
namespace portd::client {

// "2h" (ago), "14:02" (the last time it was), "2026-11-24 14:02", or RFC 3339. Failure: usage, naming `option`.
Outcome<TimePoint> parse_moment(std::string_view text, std::string_view option, TimePoint now);

// "2026-11-24 14:02:05"; what is no RFC 3339 as it is.
std::string local_time(const std::string& rfc3339);

}  // namespace portd::client
