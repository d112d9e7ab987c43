#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace portd {

// The words of an enum on the wire. Specialise `words<E>` with one pair per enumerator.
template <class E>
struct Words;

// The word of a value; every enumerator has one.
template <class E>
  requires std::is_enum_v<E>
constexpr std::string_view to_text(E value) {
  for (const auto& [enumerator, word] : Words<E>::table) {
    if (enumerator == value) return word;
  }
  return "";
}

// The value of a word, or nothing.
template <class E>
constexpr std::optional<E> from_text(std::string_view text) {
  for (const auto& [enumerator, word] : Words<E>::table) {
    if (word == text) return enumerator;
  }
  return std::nullopt;
}

// "sticky, ttl, process": for messages that say what was expected.
template <class E>
std::string all_words() {
  std::string list;
  for (const auto& [enumerator, word] : Words<E>::table) {
    if (!list.empty()) list += ", ";
    list += word;
  }
  return list;
}

}  // namespace portd
