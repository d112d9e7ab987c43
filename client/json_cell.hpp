#pragma once

#include <string>

#include "common/json.hpp"

namespace portd::client {

// What a table shows of a field: a text as it is, nothing of null or where there is no such field.
std::string json_cell(const Json& object, const char* field);

}  // namespace portd::client
