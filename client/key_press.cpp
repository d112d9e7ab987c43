#include "client/key_press.hpp"

#include <array>
#include <optional>
#include <utility>

namespace portd::client {
namespace {

// Longer ones before what they begin with.
constexpr std::array<std::pair<std::string_view, KeyPress>, 20> known_keys{{
    {"\x1b[A", KeyPress::up},       {"\x1bOA", KeyPress::up},
    {"\x1b[B", KeyPress::down},     {"\x1bOB", KeyPress::down},
    {"\x1b[5~", KeyPress::page_up}, {"\x1b[6~", KeyPress::page_down},
    {"\x1b[H", KeyPress::home},     {"\x1bOH", KeyPress::home},
    {"\x1b[1~", KeyPress::home},    {"\x1b[F", KeyPress::end},
    {"\x1bOF", KeyPress::end},      {"\x1b[4~", KeyPress::end},
    {"q", KeyPress::quit},          {"k", KeyPress::up},
    {"j", KeyPress::down},          {" ", KeyPress::page_down},
    {"g", KeyPress::home},          {"G", KeyPress::end},
    {"s", KeyPress::sort},          {"a", KeyPress::all},
}};

// An escape sequence ends with a letter or "~".
std::size_t length_of_unknown(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != '\x1b' || (bytes[1] != '[' && bytes[1] != 'O')) return 1;
  std::size_t end = 2;
  while (end < bytes.size() && (bytes[end] < 0x40 || bytes[end] > 0x7e)) ++end;
  return std::min(end + 1, bytes.size());
}

}  // namespace

std::vector<KeyPress> key_presses_of(std::string_view bytes) {
  std::vector<KeyPress> presses;
  while (!bytes.empty()) {
    std::size_t length = 0;
    for (const auto& [sequence, press] : known_keys) {
      if (!bytes.starts_with(sequence)) continue;
      presses.push_back(press);
      length = sequence.size();
      break;
    }
    bytes.remove_prefix(length > 0 ? length : length_of_unknown(bytes));
  }
  return presses;
}

}  // namespace portd::client
