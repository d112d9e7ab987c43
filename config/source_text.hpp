#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/mistake.hpp"

namespace portd::config {

inline constexpr std::string_view whitespace = " \t\r\n";

// The line of that number, without its end; empty when there is none.
std::string_view line_of(std::string_view content, int line);

// Where a place lies in the text, in bytes (a byte order mark has no column); the end of the line, or of the text,
// where it has no such column.
std::size_t offset_of(std::string_view content, Place place);

// The place of a byte.
Place place_at(std::string_view content, std::size_t offset);

// Where the line of a byte begins; of the first line, after a byte order mark.
std::size_t line_begin(std::string_view content, std::size_t offset);

// Where the text of its line ends: at the line break, "\r\n" or "\n", or at the end of the text.
std::size_t line_end(std::string_view content, std::size_t offset);

// Where the line after it begins, or the end of the text.
std::size_t next_line(std::string_view content, std::size_t offset);

// The byte after the closing quote of the scalar that begins with a quote there, or the end of the text.
std::size_t after_quoted(std::string_view content, std::size_t begin);

// The end of the scalar that begins there, quotes included: of a plain one on its line, of a quoted one wherever it
// is closed.
Place end_of_scalar(std::string_view content, const Value& scalar);
Place end_of_name(std::string_view content, const Value& value);

// The text with its edits made; they do not overlap.
std::string apply(std::string_view content, std::vector<TextEdit> edits);

}  // namespace portd::config
