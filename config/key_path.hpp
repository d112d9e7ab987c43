#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "config/value.hpp"

namespace portd::config {

// The names that lead to a value: {"ports", "strategy"}.
using KeyPath = std::vector<std::string>;

// Reads "ports.strategy"; a name with a dot in it stands in double quotes: services."a.b".tags.
// Error: invalid_value.
Result<KeyPath> parse_key(std::string_view text);

// Writes what parse_key reads.
std::string key_text(const KeyPath& path);

// The value at that path below the root, or nullptr.
const Value* find(const Value& root, const KeyPath& path);

// One more name.
std::string below(const std::string& key, std::string_view name);

}  // namespace portd::config
