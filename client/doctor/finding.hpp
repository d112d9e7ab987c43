#pragma once

#include <optional>
#include <string>

#include "common/json.hpp"

namespace portd::client {

// Something that is wrong, and what mends it.
struct Finding {
  std::string id;                           // which of the list in diagnosis.cpp: "no-daemon"
  std::string detail;                       // one sentence
  std::string fix;                          // what to do, in words
  std::optional<std::string> command = {};  // a line of shell that does it; absent: it takes a person
};

// {"id", "detail", "fix", "command"}
Json to_json(const Finding& finding);

}  // namespace portd::client
