#pragma once

#include <string_view>

namespace portd::api {

// Whether a Content-Type is application/json, at most with the parameter charset=utf-8 (RFC 9110, section 8.3).
bool is_json(std::string_view content_type);

}  // namespace portd::api
