#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "config/layers.hpp"

namespace portd::config {

// "${services.api.url}": what is asked about a service. `role` is empty where the service's main one is meant.
struct ServiceReference {
  enum class Field { url, port, host };

  std::string service;
  Field field = Field::url;
  std::string role;
};

// A text in pieces: what stands there, a variable, or a service.
struct TextPiece {
  enum class Kind { text, variable, service };

  Kind kind = Kind::text;
  std::string text{};  // the text, or the name of the variable
  bool has_default = false;
  std::string otherwise{};  // ${VAR:-otherwise}: where the variable is unset or empty
  ServiceReference service{};
};

// Reads "$$", "${VAR}", "${VAR:-default}", "${services.NAME.url}", ".port", ".host", ".ports.ROLE"; any other "$" is
// itself. Error: invalid_value, saying what may stand there.
Result<std::vector<TextPiece>> pieces_of(std::string_view text);

// Answers a reference with its text.
using ServiceLookup = std::function<Result<std::string>(const ServiceReference&)>;

// Fills a text in. Errors: that of pieces_of; invalid_value for a variable that is unset and has no default; what the
// lookup says.
Result<std::string> fill_in(std::string_view text, const Variables& variables, const ServiceLookup& lookup);

}  // namespace portd::config
