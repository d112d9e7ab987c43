#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace portd {

// Who a port is for. Every part is a name: ^[a-z0-9][a-z0-9._-]{0,62}$.
struct Key {
  std::string project = "default";
  std::string service;
  std::string instance = "main";
  std::string role = "http";

  // `[project/]service[@instance][:role]`, defaults left out: "shop", "acme/shop@feature-x:debug".
  std::string text() const;

  // Reads text(). Error: invalid_value, naming the part that is wrong.
  static Result<Key> parse(std::string_view text);

  auto operator<=>(const Key&) const = default;
};

// The parts that a key's text states; the others are left to where the text is used.
struct KeyParts {
  std::optional<std::string> project;
  std::string service;
  std::optional<std::string> instance;
  std::optional<std::string> role;

  // Reads `[project/]service[@instance][:role]`. Error: invalid_value, naming the part that is wrong.
  static Result<KeyParts> parse(std::string_view text);
};

bool is_valid_name(std::string_view name);

// Error: invalid_value naming `what` ("service", "role", ...), and the nearest valid name.
Result<std::string> checked_name(std::string_view what, std::string_view name);

// Makes a name out of anything: lower case (ASCII), other characters to '-', what may not start a name and a
// trailing '-' cut off; over 63 characters shortened to 54 + '-' + 8 hex digits of SHA-256 of the original.
// Bytes 0x80-0xBF are dropped, so that a character of UTF-8 is one '-'. Empty when nothing usable is left.
std::string to_name(std::string_view anything);

}  // namespace portd
