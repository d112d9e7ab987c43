#include "daemon/api/etag.hpp"

#include "common/sha256.hpp"
#include "daemon/api/characters.hpp"

namespace portd::api {
namespace {

// What portd makes has no comma in its tags, so that a list may be cut at each.
bool names(std::string_view header, std::string_view etag, bool weak_counts) {
  if (trimmed(header) == "*") return true;
  while (true) {
    const auto comma = header.find(',');
    std::string_view tag = trimmed(header.substr(0, comma));
    if (weak_counts && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
    if (comma == std::string_view::npos) return false;
    header.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string etag_of(std::string_view body) {
  constexpr std::size_t half_bytes = 32;
  return '"' + sha256_hex(body, half_bytes) + '"';
}

bool if_match_holds(std::string_view header, std::string_view etag) { return names(header, etag, false); }

bool is_known_to_client(std::string_view header, std::string_view etag) { return names(header, etag, true); }

}  // namespace portd::api
