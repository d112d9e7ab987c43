#include "config/key_path.hpp"

#include "common/wording.hpp"

namespace portd::config {
namespace {

Error not_a_key(std::string_view text) {
  return Error{Problem::invalid_value,
               in_quotes(text) + " is not a key; write one such as ports.strategy",
               {{"field", std::string("key")}}};
}

}  // namespace

Result<KeyPath> parse_key(std::string_view text) {
  KeyPath path;
  std::string_view rest = text;
  while (true) {
    const bool quoted = rest.starts_with('"');
    const std::size_t end = quoted ? rest.find('"', 1) : std::min(rest.find('.'), rest.size());
    if (end == std::string_view::npos) return not_a_key(text);
    path.emplace_back(quoted ? rest.substr(1, end - 1) : rest.substr(0, end));
    if (path.back().empty()) return not_a_key(text);
    rest.remove_prefix(end + (quoted ? 1 : 0));
    if (rest.empty()) return path;
    if (rest[0] != '.') return not_a_key(text);
    rest.remove_prefix(1);
  }
}

std::string below(const std::string& key, std::string_view name) {
  const bool plain = name.find_first_of(".\"") == std::string_view::npos;
  const std::string written = plain ? std::string(name) : "\"" + std::string(name) + "\"";
  return key.empty() ? written : key + "." + written;
}

const Value* find(const Value& root, const KeyPath& path) {
  const Value* value = &root;
  for (const std::string& name : path) {
    value = value->find(name);
    if (value == nullptr) break;
  }
  return value;
}

std::string key_text(const KeyPath& path) {
  std::string key;
  for (const std::string& name : path) key = below(key, name);
  return key;
}

}  // namespace portd::config
