#pragma once

#include <string>

namespace portd::config {

// A text as a YAML scalar: plain where every reader of YAML, 1.1 or 1.2, takes that for the same text, within [] and
// {} too; else in double quotes. A text that looks like a number, a date, a truth value or null gets quotes.
std::string as_yaml_scalar(const std::string& text);

// In double quotes, as JSON and YAML both take it. Bytes that are no UTF-8 become U+FFFD.
std::string as_json_string(const std::string& text);

}  // namespace portd::config
