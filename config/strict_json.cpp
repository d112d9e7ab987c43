#include "config/strict_json.hpp"

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace portd::config {
namespace {

// Takes strict JSON and keeps nothing of it.
class JsonCheck : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    wrong_at = position;
    return false;
  }

  std::size_t wrong_at = 1;  // counted from 1, of the last byte that was read
};

// The code unit of the escape "\uXXXX" that begins there; 0: none does.
unsigned long code_unit(const std::string& json, std::size_t at) {
  const bool is_escape = json.compare(at, 2, "\\u") == 0 && at + 6 <= json.size();
  return is_escape ? std::stoul(json.substr(at + 2, 4), nullptr, 16) : 0UL;
}

// "\U0001f600" for "\ud83d\ude00", the pair that begins there; empty: none does.
std::string joined_pair(const std::string& json, std::size_t at) {
  const unsigned long high = code_unit(json, at);
  if (high < 0xD800 || high >= 0xDC00) return "";
  std::ostringstream code;
  code << std::hex << (0x10000UL + ((high - 0xD800UL) << 10U) + (code_unit(json, at + 6) - 0xDC00UL));
  return "\\U" + std::string(8 - code.str().size(), '0') + code.str();
}

}  // namespace

std::optional<std::size_t> invalid_json(const std::string& text) {
  JsonCheck check;
  if (nlohmann::json::sax_parse(text, &check)) return std::nullopt;
  return check.wrong_at - (check.wrong_at > 0 ? 1 : 0);
}

std::string without_surrogates(const std::string& json) {
  std::string text;
  std::size_t saved = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string pair = json[i] == '\\' ? joined_pair(json, i) : "";
    if (!pair.empty()) {
      text += pair;
      saved += 12 - pair.size();
      i += 11;
      continue;
    }
    text += json[i];
    if (json[i] == '\\') {
      text += json[++i];
    } else if (json[i] == '"') {
      quoted = !quoted;
    }
    if (!quoted) text.append(std::exchange(saved, 0), ' ');
  }
  return text;
}

}  // namespace portd::config
