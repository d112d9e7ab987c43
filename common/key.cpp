#include "common/key.hpp"

#include <algorithm>

#include "common/ascii.hpp"
#include "common/sha256.hpp"
#include "common/wording.hpp"

namespace portd {
namespace {

constexpr std::size_t longest_name = 63;

bool may_start(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool may_follow(char c) { return may_start(c) || c == '.' || c == '_' || c == '-'; }

// Cuts `mark` and what follows off the text.
std::optional<std::string_view> cut_after(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

Result<void> check_part(std::string_view what, std::optional<std::string_view> stated,
                        std::optional<std::string>& part) {
  if (!stated) return {};
  auto name = checked_name(what, *stated);
  if (!name) return name.error();
  part = std::move(*name);
  return {};
}

}  // namespace

Result<KeyParts> KeyParts::parse(std::string_view text) {
  KeyParts parts;
  std::optional<std::string_view> project;
  std::string_view rest = text;
  if (const auto after = cut_after(rest, '/')) {
    project = rest;
    rest = *after;
  }
  const auto role = cut_after(rest, ':');
  const auto instance = cut_after(rest, '@');
  if (auto checked = check_part("project", project, parts.project); !checked) return checked.error();
  if (auto checked = check_part("instance", instance, parts.instance); !checked) return checked.error();
  if (auto checked = check_part("role", role, parts.role); !checked) return checked.error();
  auto service = checked_name("service", rest);
  if (!service) return service.error();
  parts.service = std::move(*service);
  return parts;
}

std::string Key::text() const {
  const Key defaults;
  std::string text = project == defaults.project ? "" : project + "/";
  text += service;
  if (instance != defaults.instance) text += "@" + instance;
  if (role != defaults.role) text += ":" + role;
  return text;
}

Result<Key> Key::parse(std::string_view text) {
  auto parts = KeyParts::parse(text);
  if (!parts) return parts.error();
  Key key;
  key.service = std::move(parts->service);
  if (parts->project) key.project = std::move(*parts->project);
  if (parts->instance) key.instance = std::move(*parts->instance);
  if (parts->role) key.role = std::move(*parts->role);
  return key;
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && may_start(name[0]) && std::ranges::all_of(name, may_follow);
}

Result<std::string> checked_name(std::string_view what, std::string_view name) {
  if (is_valid_name(name)) return std::string(name);
  std::string detail = "the " + std::string(what) + " " + in_quotes(name) +
                       " is not a name: up to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first";
  if (const std::string nearest = to_name(name); !nearest.empty()) detail += "; try " + in_quotes(nearest);
  return Error{Problem::invalid_value, std::move(detail), {{"field", std::string(what)}}};
}

std::string to_name(std::string_view anything) {
  std::string name;
  for (const char c : anything) {
    // Only the first byte of a UTF-8 sequence counts, so that one character becomes one '-'.
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
    name += may_follow(lower_ascii(c)) ? lower_ascii(c) : '-';
  }
  name.erase(name.begin(), std::ranges::find_if(name, may_start));
  name.erase(name.find_last_not_of('-') + 1);
  if (name.size() <= longest_name) return name;
  return name.substr(0, 54) + "-" + sha256_hex(anything, 8);
}

}  // namespace portd
