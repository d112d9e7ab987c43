#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace portd::config {

// Where the first byte lies that is no UTF-8 (RFC 3629: no surrogates, nothing overlong), or nothing.
std::optional<std::size_t> invalid_utf8(std::string_view text);

}  // namespace portd::config
