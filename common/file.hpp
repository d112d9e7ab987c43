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
// Errors: disk_full; store_unavailable.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content);

// What becomes of the content that was there before: kept as `path` + "~", or not.
enum class Previous { kept, dropped };

// For what people wrote. Readers see the old content or the new, after a crash or a power cut as well. Mode and owner
// are kept (0600 for a new file), a symbolic link followed, folders that are missing are made with 0700. Errors, which
// changed nothing of the file: disk_full; store_unavailable, also where it is write-protected.
Result<void> replace_durably(const std::filesystem::path& path, std::string_view content,
                             Previous previous = Previous::kept);

// Held by one process at a time, waited for by others (flock(2)); gone with the process. One that cannot be had, for
// the folder is read-only, holds nobody up.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& file);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  int descriptor_;
};

}  // namespace portd
