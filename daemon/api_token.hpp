#pragma once

#include <filesystem>
#include <string>

namespace portd {

// A new random token for `Authorization: Bearer`, 256 bits in hex, written 0600 to the file. Empty when the file
// cannot be written: then no token is accepted.
std::string make_token(const std::filesystem::path& file);

}  // namespace portd
