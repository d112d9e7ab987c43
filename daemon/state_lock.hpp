#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace portd {

// Another portd owns the state folder; what() names it (exit 75).
class AlreadyRunning : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One portd a state folder: flock(2) on a file that names the owner's pid. Ends with the process, however it ends.
class StateLock {
 public:
  // Throws AlreadyRunning; std::system_error when the file cannot be made, except on a read-only file system, where
  // nothing is locked because nothing is written.
  explicit StateLock(const std::filesystem::path& file);
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace portd
