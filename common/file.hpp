#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace portd {

// The content of a regular file; never waits for a FIFO and never reads on without end.
// Errors: not_found; forbidden; invalid_value when it is not a regular file or has more bytes than `limit`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

// Readers see the old content or the new. Mode 0600; not synced, for what a restart writes again.
// Error: store_unavailable.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content);

}  // namespace portd
