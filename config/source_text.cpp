#include "config/source_text.hpp"

#include <algorithm>

namespace portd::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// A plain scalar of one line ends where its text does. One that was folded has other text than stands there.
std::size_t after_plain(std::string_view content, std::size_t begin, std::string_view text) {
  if (content.substr(begin).starts_with(text)) return begin + text.size();
  return std::min(content.find('\n', begin), content.size());
}

Place end_of(std::string_view content, Place begin, std::string_view text) {
  const std::size_t offset = offset_of(content, begin);
  if (offset >= content.size()) return begin;
  const bool quoted = content[offset] == '"' || content[offset] == '\'';
  return place_at(content, quoted ? after_quoted(content, offset) : after_plain(content, offset, text));
}

}  // namespace

std::string_view line_of(std::string_view content, int line) {
  for (int skipped = 1; skipped < line; ++skipped) {
    const std::size_t end = content.find('\n');
    if (end == std::string_view::npos) return "";
    content.remove_prefix(end + 1);
  }
  content = content.substr(0, content.find('\n'));
  return content.ends_with('\r') ? content.substr(0, content.size() - 1) : content;
}

std::size_t offset_of(std::string_view content, Place place) {
  std::size_t offset = line_begin(content, 0);
  for (int skipped = 1; skipped < place.line; ++skipped) {
    const std::size_t end = content.find('\n', offset);
    if (end == std::string_view::npos) return content.size();
    offset = end + 1;
  }
  for (int column = 1; column < place.column && offset < content.size() && content[offset] != '\n'; ++column) {
    do {
      ++offset;
    } while (offset < content.size() && continues_character(content[offset]));
  }
  return offset;
}

Place place_at(std::string_view content, std::size_t offset) {
  const std::string_view before = content.substr(0, offset);
  const std::string_view line = before.substr(std::min(line_begin(content, offset), offset));
  const auto characters = line.size() - static_cast<std::size_t>(std::ranges::count_if(line, continues_character));
  return {static_cast<int>(std::ranges::count(before, '\n')) + 1, static_cast<int>(characters) + 1};
}

std::size_t line_begin(std::string_view content, std::size_t offset) {
  const std::size_t before = content.substr(0, offset).rfind('\n');
  if (before != std::string_view::npos) return before + 1;
  return content.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
}

std::size_t line_end(std::string_view content, std::size_t offset) {
  const std::size_t end = content.find('\n', offset);
  if (end == std::string_view::npos) return content.size();
  return end > offset && content[end - 1] == '\r' ? end - 1 : end;
}

std::size_t next_line(std::string_view content, std::size_t offset) {
  const std::size_t end = content.find('\n', offset);
  return end == std::string_view::npos ? content.size() : end + 1;
}

std::size_t after_quoted(std::string_view content, std::size_t begin) {
  const char quote = content[begin];
  for (std::size_t i = begin + 1; i < content.size(); ++i) {
    if (quote == '"' && content[i] == '\\') {
      ++i;
    } else if (content[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < content.size() && content[i + 1] == quote;
      if (!doubled) return i + 1;
      ++i;
    }
  }
  return content.size();
}

Place end_of_scalar(std::string_view content, const Value& scalar) {
  return end_of(content, scalar.place, scalar.text);
}

Place end_of_name(std::string_view content, const Value& value) {
  return end_of(content, value.name_place, value.name);
}

std::string apply(std::string_view content, std::vector<TextEdit> edits) {
  std::ranges::sort(edits, {}, &TextEdit::begin);
  std::string text;
  std::size_t done = 0;
  for (const TextEdit& edit : edits) {
    const std::size_t begin = std::max(done, offset_of(content, edit.begin));
    text += content.substr(done, begin - done);
    text += edit.text;
    done = std::max(begin, offset_of(content, edit.end));
  }
  return text.append(content.substr(done));
}

}  // namespace portd::config
