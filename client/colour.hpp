#pragma once

#include <string>
#include <string_view>

namespace portd::client {

// The words of states and statuses in their colours; any other text, and every text without `colour`, as it is.
std::string in_colour(std::string_view word, bool colour);

}  // namespace portd::client
