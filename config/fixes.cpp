#include "config/fixes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>

#include "common/port.hpp"
#include "common/wording.hpp"
#include "config/edit.hpp"
#include "config/source_text.hpp"
#include "config/yaml_scalar.hpp"

namespace portd::config {
namespace {

bool is_all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::optional<std::string> likely_boolean(const std::string& text) {
  static constexpr std::array<std::string_view, 4> yes{"true", "yes", "on", "1"};
  static constexpr std::array<std::string_view, 4> no{"false", "no", "off", "0"};
  const std::string word = lower(text);
  if (std::ranges::find(yes, word) != yes.end()) return "true";
  if (std::ranges::find(no, word) != no.end()) return "false";
  return std::nullopt;
}

std::optional<std::string> likely_integer(const std::string& text, const Subschema& part) {
  if (!is_all_digits(text)) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  const Json* least = part.find("minimum");
  const Json* most = part.find("maximum");
  if (least != nullptr) number = std::max(number, least->get<std::int64_t>());
  if (most != nullptr) number = std::min(number, most->get<std::int64_t>());
  return std::to_string(number);
}

// "30000-20000" the other way round, "60000-70000" to 65535.
std::optional<std::string> likely_range(const std::string& text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const std::string first = text.substr(0, dash), last = text.substr(dash + 1);
  if (!is_all_digits(first) || !is_all_digits(last) || first.size() > 9 || last.size() > 9) return std::nullopt;
  const auto clamped = [](const std::string& number) { return std::clamp(std::stoi(number), 1, 65'535); };
  const int a = clamped(first), b = clamped(last);
  return std::to_string(std::min(a, b)) + "-" + std::to_string(std::max(a, b));
}

// The word of a scalar that would do, or nothing.
std::optional<std::string> likely_text(const Value& value, const Subschema& part) {
  const std::string& text = value.text;
  const auto words = part.words();
  if (const auto word = nearest(lower(text), words); !word.empty()) return std::string(word);
  if (!words.empty()) return std::nullopt;
  const std::string format = part.text("x-format");
  if (format == "duration") return is_all_digits(text) && text.size() < 9 ? std::optional(text + "s") : std::nullopt;
  if (format == "size") return is_all_digits(text) && text.size() < 7 ? std::optional(text + "MB") : std::nullopt;
  if (format == "port-range") return likely_range(text);
  if (part.allows("boolean") && !part.allows("string")) return likely_boolean(text);
  if (part.allows("integer")) return likely_integer(text, part);
  return std::nullopt;
}

}  // namespace

std::optional<Fix> removal(const Value& root, const Value& value) {
  TextEdit edit = removal_of(root, value);
  if (edit.begin == edit.end) return std::nullopt;
  return Fix{value.name.empty() ? "remove it" : "remove " + in_quotes(value.name), {std::move(edit)}, true};
}

Fix replacement(const Value& scalar, const std::string& text) {
  constexpr std::size_t longest = 120;
  const std::string shown =
      text.size() > longest ? text.substr(0, offset_of(text, {1, static_cast<int>(longest)})) + "..." : text;
  return {"write " + shown, {{scalar.place, end_of_scalar(scalar.source->content, scalar), text}}};
}

Fix renaming(const Value& value, const std::string& name) {
  const std::string& content = value.source->content;
  const std::size_t begin = offset_of(content, value.name_place);
  const bool quoted = begin < content.size() && (content[begin] == '"' || content[begin] == '\'');
  return {"rename it to " + in_quotes(name),
          {{value.name_place, end_of_name(content, value), quoted ? "\"" + name + "\"" : name}}};
}

std::optional<Fix> likely_fix(const Value& root, const Value& value, const Subschema& part) {
  if (value.type != Value::Type::scalar) return removal(root, value);
  if (const auto text = likely_text(value, part)) {
    const bool is_word = part.allows("string") && !part.allows("integer");
    return replacement(value, is_word && value.quoted ? "\"" + *text + "\"" : *text);
  }
  // A number or a word where a text has to stand: only the quotes are missing.
  const std::string pattern = part.text("pattern");
  const Json* longest = part.find("maxLength");
  const bool too_long = longest != nullptr && value.text.size() > longest->get<std::size_t>();
  const bool fits = !too_long && (pattern.empty() || std::regex_match(value.text, std::regex(pattern)));
  const bool any_text = part.allows("string") && part.words().empty() && fits;
  if (any_text && !value.quoted) return replacement(value, as_json_string(value.text));
  const bool list = part.allows("array") && !part.allows("string");
  if (list && !value.quoted && value.text.find_first_of("[]{},:#") == std::string::npos) {
    return replacement(value, "[" + value.text + "]");
  }
  return removal(root, value);
}

}  // namespace portd::config
