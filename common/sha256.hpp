#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace portd {

// FIPS 180-4, by libmd.
std::array<std::uint8_t, 32> sha256(std::string_view data);

// The first 8 bytes, big-endian (DESIGN section 2, strategy `hash`).
std::uint64_t sha256_prefix(std::string_view data);

// Lower-case hex of the first `digits` half-bytes; at most 64.
std::string sha256_hex(std::string_view data, std::size_t digits = 64);

}  // namespace portd
