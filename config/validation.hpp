#pragma once

#include <vector>

#include "common/port.hpp"
#include "config/mistake.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace portd::config {

// Holds one layer against the schema (valijson), and tells every mistake in words: what was expected, did you mean,
// and what would mend it. Keys of the other scope are mistakes. What is required but may lie in another layer is not
// asked for.
void validate(const Value& root, Scope scope, std::vector<Mistake>& mistakes);

// What the merged layers lack.
void require(const Value& merged, std::vector<Mistake>& mistakes);

// A mistake about a value, at the value's place.
Mistake mistake_at(const Value& value, std::string key, std::string message);
// The same, at its name.
Mistake mistake_at_name(const Value& value, std::string key, std::string message);

// What valijson gets: plain scalars as YAML 1.2's core schema types them; what is null is left out of maps.
nlohmann::json as_json(const Value& value);

}  // namespace portd::config
