#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace portd {

// "100MB", "512KB", "2GB": the largest unit that divides exactly; a unit is a thousand of the one before.
std::string size_text(std::uint64_t bytes);

// Reads a whole number and one unit of KB, MB, GB. At most 1000GB. Error: invalid_value.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace portd
