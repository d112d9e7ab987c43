#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What others sent, as text for people. The result is always valid UTF-8.
namespace portd::outbound {

// On one line: white space and control characters become one space, what is no UTF-8 becomes '?'; cut after `longest`
// bytes, "..." then says so.
std::string one_line(std::string_view bytes, std::size_t longest);

// As lines: the same, but line ends stay, and terminal colours are left out.
std::string lines(std::string_view bytes, std::size_t longest);

// In quotes, byte by byte: "\x16\x03\x01", cut after 40 bytes.
std::string quoted_bytes(std::string_view bytes);

// What a page says: the title of an HTML page, else its text, on one line.
std::string gist(std::string_view page, std::size_t longest);

}  // namespace portd::outbound
