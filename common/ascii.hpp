#pragma once

namespace portd {

// Of A-Z; every other byte as it is, whatever the locale.
constexpr char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace portd
