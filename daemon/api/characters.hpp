#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace portd::api {

// A set of bytes, looked up in a table.
class Characters {
 public:
  constexpr explicit Characters(std::string_view members) {
    for (const char member : members) table_[static_cast<unsigned char>(member)] = true;
  }
  // The set with a range of bytes added.
  constexpr Characters with(unsigned char first, unsigned char last) const {
    Characters more = *this;
    for (unsigned value = first; value <= last; ++value) more.table_[value] = true;
    return more;
  }
  constexpr bool contains(char character) const { return table_[static_cast<unsigned char>(character)]; }
  constexpr bool all_of(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [this](char character) { return contains(character); });
  }

 private:
  std::array<bool, 256> table_{};
};

inline constexpr Characters digits = Characters("").with('0', '9');
inline constexpr Characters hex_digits = digits.with('a', 'f').with('A', 'F');
inline constexpr Characters letters_and_digits = digits.with('a', 'z').with('A', 'Z');

// ASCII only: what HTTP compares without regard to case is ASCII.
constexpr char lower(char character) {
  return 'A' <= character && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

// Without the spaces and tabs around it.
constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace portd::api
