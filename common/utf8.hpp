#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace portd {

// One character of UTF-8 (RFC 3629: no surrogates, nothing overlong).
struct Character {
  std::uint32_t point = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

// The first character of a text that is not empty.
Character first_character(std::string_view text);

// Where the first byte lies that is no UTF-8, or nothing.
std::optional<std::size_t> invalid_utf8(std::string_view text);

}  // namespace portd
