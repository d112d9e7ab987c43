#include "daemon/outbound/readable.hpp"

#include <algorithm>
#include <cctype>

namespace portd::outbound {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Bytes of the character of UTF-8 at the front (RFC 3629); 0: it is none.
std::size_t character_size(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  }
  const bool overlong = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool outside = (lead == 0xED && at(1) > 0x9F) || (lead == 0xF4 && at(1) > 0x8F);
  return overlong || outside ? 0 : size;
}

// Bytes of the terminal's control sequence at the front (ECMA-48, section 5.4); 0: there is none.
std::size_t escape_size(std::string_view bytes) {
  if (!bytes.starts_with("\x1b[")) return 0;
  const auto end = std::ranges::find_if(bytes.substr(2), [](char c) { return c >= 0x40 && c <= 0x7e; });
  return std::min(bytes.size(), static_cast<std::size_t>(end - bytes.begin()) + 1);
}

// White space and controls add one space, or one line end, and nothing at the beginning.
void add_space(std::string& text, bool is_line_end) {
  while (is_line_end && text.ends_with(' ')) text.pop_back();
  if (text.empty() || text.ends_with('\n') || text.ends_with(' ')) return;
  text += is_line_end ? '\n' : ' ';
}

std::string clean(std::string_view bytes, std::size_t longest, bool keeps_lines) {
  std::string text;
  while (!bytes.empty()) {
    std::size_t size = escape_size(bytes);
    if (size == 0 && (is_control(bytes[0]) || bytes[0] == ' ')) {
      add_space(text, keeps_lines && bytes[0] == '\n');
      size = 1;
    } else if (size == 0) {
      size = character_size(bytes);
      if (text.size() + std::max<std::size_t>(size, 1) > longest) return text + "...";
      text += size == 0 ? "?" : bytes.substr(0, size);
    }
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
  while (text.ends_with(' ') || text.ends_with('\n')) text.pop_back();
  return text;
}

std::size_t find_word(std::string_view page, std::string_view word, std::size_t from = 0) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found =
      std::search(page.begin() + static_cast<std::ptrdiff_t>(from), page.end(), word.begin(), word.end(), same);
  return found == page.end() ? std::string_view::npos : static_cast<std::size_t>(found - page.begin());
}

std::string_view title_of(std::string_view page) {
  constexpr auto none = std::string_view::npos;
  const std::size_t tag = find_word(page, "<title");
  const std::size_t begin = tag == none ? none : page.find('>', tag);
  const std::size_t end = begin == none ? none : find_word(page, "</title", begin);
  return end == none ? std::string_view() : page.substr(begin + 1, end - begin - 1);
}

std::string without_tags(std::string_view page) {
  std::string text;
  bool inside = false;
  for (const char c : page) {
    if (c == '<') text += ' ';
    inside = c == '<' || (inside && c != '>');
    if (!inside && c != '>') text += c;
  }
  return text;
}

}  // namespace

std::string one_line(std::string_view bytes, std::size_t longest) { return clean(bytes, longest, false); }

std::string lines(std::string_view bytes, std::size_t longest) { return clean(bytes, longest, true); }

std::string quoted_bytes(std::string_view bytes) {
  constexpr std::size_t longest = 40;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      text += c;
    } else {
      text += c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string("\\x") + digits[byte >> 4U] + digits[byte & 15U];
    }
  }
  return text + (bytes.size() > longest ? "...\"" : "\"");
}

std::string gist(std::string_view page, std::size_t longest) {
  const std::size_t begin = page.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  if (page[begin] != '<') return one_line(page, longest);
  const std::string title = one_line(title_of(page), longest);
  return title.empty() ? one_line(without_tags(page), longest) : title;
}

}  // namespace portd::outbound
