#pragma once

#include <filesystem>
#include <string>

#include "common/json.hpp"
#include "config/document.hpp"

namespace portd::config {

// What a value states, with what is null: that takes back what a weaker layer states.
Json as_stated(const Value& value);

// The text of a file that states these settings and no others. What it states already stays as it is written, with its
// comments and in its order. `settings`: a map of sections. Error: invalid_value with the next step, when the text has
// mistakes, or forms that are only edited by hand.
Result<std::string> restated(const std::filesystem::path& file, const std::string& content, const Json& settings);

}  // namespace portd::config
