#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portd {

// Somebody else's text for a message: in quotes, cut after 80 bytes, control characters as '?'.
std::string in_quotes(std::string_view text);

// The known word that is near, or an empty one.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

// `; did you mean "next"?` when one of the known words is near, else nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace portd
