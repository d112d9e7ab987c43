#pragma once

#include <optional>

#include "config/mistake.hpp"
#include "config/schema.hpp"

namespace portd::config {

// What would mend one value. All take the root of the value's file.

// Takes the entry out; nothing where the file has to be edited by hand (edit.hpp).
std::optional<Fix> removal(const Value& root, const Value& value);

// Puts another text in place of a scalar, or of a name.
Fix replacement(const Value& scalar, const std::string& text);
Fix renaming(const Value& value, const std::string& name);

// What was most likely meant, else a removal.
std::optional<Fix> likely_fix(const Value& root, const Value& value, const Subschema& part);

}  // namespace portd::config
