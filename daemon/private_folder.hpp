#pragma once

#include <filesystem>

namespace portd {

// Makes a folder that only its owner may enter (0700), or tightens one that is there. Throws std::runtime_error when
// it belongs to somebody else or is no folder. A read-only file system is left as it is.
void make_private_folder(const std::filesystem::path& folder);

}  // namespace portd
