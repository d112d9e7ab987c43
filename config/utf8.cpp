#include "config/utf8.hpp"

#include <array>
#include <cstdint>

namespace portd::config {
namespace {

// One form of the table of RFC 3629, section 4: the bounds of the first byte and of the second.
struct Form {
  std::uint8_t first_from, first_to;
  std::uint8_t second_from, second_to;
  std::size_t length;
};

constexpr std::array<Form, 9> forms{{{0x00, 0x7F, 0x00, 0x00, 1},
                                     {0xC2, 0xDF, 0x80, 0xBF, 2},
                                     {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                     {0xE1, 0xEC, 0x80, 0xBF, 3},
                                     {0xED, 0xED, 0x80, 0x9F, 3},
                                     {0xEE, 0xEF, 0x80, 0xBF, 3},
                                     {0xF0, 0xF0, 0x90, 0xBF, 4},
                                     {0xF1, 0xF3, 0x80, 0xBF, 4},
                                     {0xF4, 0xF4, 0x80, 0x8F, 4}}};

bool within(char byte, std::uint8_t from, std::uint8_t to) {
  const auto value = static_cast<std::uint8_t>(byte);
  return value >= from && value <= to;
}

// The length of the character that begins the text; 0: it is none.
std::size_t length_of_first(std::string_view text) {
  for (const Form& form : forms) {
    if (!within(text[0], form.first_from, form.first_to)) continue;
    if (text.size() < form.length) return 0;
    if (form.length > 1 && !within(text[1], form.second_from, form.second_to)) return 0;
    for (std::size_t i = 2; i < form.length; ++i) {
      if (!within(text[i], 0x80, 0xBF)) return 0;
    }
    return form.length;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_of_first(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace portd::config
