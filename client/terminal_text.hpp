#pragma once

#include <string>
#include <string_view>

namespace portd::client {

// Text that came from elsewhere, safe on a terminal: control characters (C0, C1, DEL), bidirectional overrides and
// bytes that are not UTF-8 are written as \x1b, \u202e.
std::string escaped(std::string_view text);

// How many cells of a terminal an escaped text takes; without locale, so roughly.
std::size_t width_of(std::string_view escaped_text);

}  // namespace portd::client
