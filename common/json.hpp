#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/error.hpp"

namespace portd {

// Keeps the order of the fields: what people read comes in the order of the documentation.
using Json = nlohmann::ordered_json;

// Nesting deeper than this is refused while parsing; nlohmann's copy and dump recurse.
inline constexpr int max_json_depth = 32;

// Parses UTF-8 JSON. Refuses nesting over max_json_depth and repeated names of one object.
// Error: invalid_request, naming line and column.
Result<Json> parse_json(std::string_view text);

// Compact, invalid UTF-8 replaced.
std::string dump_json(const Json& json);

}  // namespace portd
