#pragma once

#include <string>
#include <string_view>

#include "common/json.hpp"

namespace portd::client {

// One event as a line for people: when, what, of whom, and the facts in short. `data`: as portd sent it; what it lacks
// is left out. Escaped, without a line break.
std::string event_line(std::string_view event, const Json& data, const std::string& project_here, bool colour);

// Whether a pattern of a shell, such as "lease.*", matches at least one event that there is.
bool matches_some_event(const std::string& pattern);
bool matches_event(const std::string& pattern, const std::string& event);

// "; did you mean \"check.status\"?", or what there is.
std::string event_hint(const std::string& pattern);

}  // namespace portd::client
