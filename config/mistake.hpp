#pragma once

#include <string>

namespace portd::config {

// A mistake in a setting. `where`: "FILE:LINE:COLUMN", "--set" or the variable.
struct Mistake {
  std::string where;
  std::string key;
  std::string message;  // what was expected, and did you mean
};

}  // namespace portd::config
