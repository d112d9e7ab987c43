#pragma once

#include <string_view>

namespace portd::api {

// openapi.json, built in.
std::string_view openapi_document();

}  // namespace portd::api
