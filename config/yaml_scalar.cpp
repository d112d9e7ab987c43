#include "config/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/utf8.hpp"

namespace portd::config {
namespace {

constexpr std::size_t longest_plain = 200;  // bytes

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// No control characters (C0, DEL, C1), no line breaks of Unicode, no byte order mark.
bool is_printable(std::string_view text) {
  constexpr std::array<std::string_view, 3> breaks{"\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF"};
  if (invalid_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return false;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return std::ranges::none_of(breaks, [text](std::string_view each) { return text.find(each) != text.npos; });
}

// Whether it is one plain scalar to begin with, whatever it means.
bool can_be_plain(std::string_view text) {
  static constexpr std::string_view never = ",?[]{}\"'`";
  if (text.empty() || text.size() > longest_plain) return false;
  if (is_one_of(text.front(), " ?:#&*!|>%@=<") || is_one_of(text.back(), " :")) return false;
  if (text == "-" || text.starts_with("- ") || text.starts_with("---") || text.starts_with("...")) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  return is_printable(text) && std::ranges::none_of(text, [](char c) { return is_one_of(c, never); });
}

// The words of https://yaml.org/type/bool.html and null.html.
bool is_word_of_yaml(std::string text) {
  constexpr std::array<std::string_view, 12> words{"y",  "n",   "yes", "no",   "true", "false",
                                                   "on", "off", "~",   "null", ".inf", ".nan"};
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(words, text) != words.end();
}

bool is_made_of(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

// An integer of any base, a decimal fraction, 1e3, 1:30 (base 60), ±.inf: https://yaml.org/type/int.html and
// float.html, more generously.
bool is_number_of_yaml(std::string_view text) {
  constexpr std::string_view digits = "0123456789_";
  constexpr std::string_view bases = "xXoObB";
  if (is_one_of(text.front(), "-+")) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  if (text.size() > 2 && text[0] == '0' && is_one_of(text[1], bases)) {
    return is_made_of(text.substr(2), "0123456789abcdefABCDEF_");
  }
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    if (!is_made_of(text.substr(exponent + 1), "+-0123456789_")) return false;
    text = text.substr(0, exponent);
  }
  return is_made_of(text, "0123456789_.:") && text.find_first_of(digits) != std::string_view::npos &&
         std::ranges::count(text, '.') <= 1;
}

// 2026-01-31 and whatever follows: https://yaml.org/type/timestamp.html.
bool is_date(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  const std::size_t month = text.find('-') + 1;
  const std::size_t day = month == 5 ? text.find('-', month) + 1 : 0;
  return day > month && is_made_of(text.substr(0, 4), digits) && is_made_of(text.substr(5, day - 6), digits);
}

}  // namespace

std::string as_yaml_scalar(const std::string& text) {
  if (!can_be_plain(text) || is_word_of_yaml(text) || is_number_of_yaml(text) || is_date(text))
    return as_json_string(text);
  return text;
}

std::string as_json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace portd::config
