#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace portd::config {

// The byte at which a text stops being JSON (RFC 8259), or nothing. Keeps nothing of it, however deep it is.
std::optional<std::size_t> invalid_json(const std::string& text);

// Valid JSON as YAML takes it. YAML has no surrogate pairs, and its escape is shorter: spaces behind the string keep
// what follows in its place.
std::string without_surrogates(const std::string& json);

}  // namespace portd::config
