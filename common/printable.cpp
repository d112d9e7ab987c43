#include "common/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "common/utf8.hpp"

namespace portd {
namespace {

bool must_be_escaped(std::uint32_t point) {
  const bool control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
  const bool line_break = point == 0x2028 || point == 0x2029;
  const bool bidirectional = point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
                             (point >= 0x2066 && point <= 0x2069);
  return control || line_break || bidirectional;
}

std::string hex(const char* format, std::uint32_t value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

// `stand_in(character, byte)` is written for what is no character, or must not be written as it is.
template <class StandIn>
std::string replaced(std::string_view text, StandIn stand_in) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    if (character.bytes == 0 || must_be_escaped(character.point)) {
      safe += stand_in(character, text[0]);
    } else {
      safe.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return safe;
}

}  // namespace

std::string escaped(std::string_view text) {
  return replaced(text, [](const Character& character, char byte) {
    if (character.bytes == 0) return hex("\\x%02x", static_cast<unsigned char>(byte));
    return hex(character.point < 0x100 ? "\\x%02x" : "\\u%04x", character.point);
  });
}

std::string without_controls(std::string_view text) {
  return replaced(text, [](const Character&, char) { return "?"; });
}

std::string log_value(std::string_view text) {
  std::string value;
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  return "\"" + escaped(value) + "\"";
}

}  // namespace portd
