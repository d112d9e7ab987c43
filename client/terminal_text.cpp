#include "client/terminal_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "common/utf8.hpp"

namespace portd::client {
namespace {

// East Asian wide characters and emoji take two cells; the ranges are the large blocks, not every exception.
bool is_wide(std::uint32_t point) {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 6> blocks{
      {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xff00, 0xff60}, {0x1f300, 0x1faff}}};
  return std::any_of(blocks.begin(), blocks.end(),
                     [point](const auto& block) { return point >= block.first && point <= block.second; });
}

bool is_combining(std::uint32_t point) {
  return (point >= 0x300 && point <= 0x36f) || point == 0x200d || point == 0xfe0f;
}

}  // namespace

std::size_t width_of(std::string_view escaped_text) {
  std::string_view text = escaped_text;
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!is_combining(character.point)) width += is_wide(character.point) ? 2 : 1;
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return width;
}

}  // namespace portd::client
