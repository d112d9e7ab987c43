#pragma once

#include <cstddef>
#include <string_view>

#include "common/printable.hpp"

namespace portd::client {

// How many cells of a terminal an escaped text takes; without locale, so roughly.
std::size_t width_of(std::string_view escaped_text);

}  // namespace portd::client
