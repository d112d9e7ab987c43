#include "client/query.hpp"

namespace portd::client {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

Query& Query::add(std::string_view name, std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  text_.append(text_.empty() ? "?" : "&").append(name).append("=");
  for (const char c : value) {
    if (is_unreserved(c)) {
      text_ += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    (text_ += '%').append({digits[byte >> 4U], digits[byte & 0xfU]});
  }
  return *this;
}

}  // namespace portd::client
