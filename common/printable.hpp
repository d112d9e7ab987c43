#pragma once

#include <string>
#include <string_view>

namespace portd {

// Text that came from elsewhere, on one line and safe on a terminal: control characters (C0, C1, DEL), line breaks,
// bidirectional overrides and bytes that are not UTF-8 are written as \x1b, \u202e.
std::string escaped(std::string_view text);

// The same with a "?" for each of them: names and commands of processes, which are shown and compared but never used.
std::string without_controls(std::string_view text);

// As the value of a key in a log line: escaped, and in quotes that nothing in it can end.
std::string log_value(std::string_view text);

}  // namespace portd
