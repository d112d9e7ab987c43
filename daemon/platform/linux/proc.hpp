#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/descriptor.hpp"

namespace portd::platform {

// /proc/PID of one process (proc(5)). Everything read through it is of the process that it was opened for: it fails
// once that one is gone, also when its pid is in use again.
class ProcFolder {
 public:
  // Nothing when no such process is to be seen.
  static std::optional<ProcFolder> open(pid_t pid);

  struct Stat {
    std::string name;
    char state = 0;
    pid_t parent = 0;
    pid_t session = 0;           // pid of its leader; of a terminal's processes mostly the shell
    std::uint32_t terminal = 0;  // device number; 0: none
    std::uint64_t start_ticks = 0;

    bool is_running() const { return state != 'Z' && state != 'X' && state != 'x'; }
  };
  std::optional<Stat> stat() const;

  // The real uid: who started it, whatever a set-uid program became since.
  std::optional<uid_t> uid() const;

  // A file's first bytes, or where a link leads; nothing when it cannot be read.
  std::optional<std::string> read(const char* file, std::size_t most) const;
  std::optional<std::string> link(const char* file) const;

  // The arguments, joined by spaces, without control characters; at most 4 KB.
  std::string command() const;

  int descriptor() const { return folder_.get(); }

 private:
  explicit ProcFolder(Descriptor folder) : folder_(std::move(folder)) {}

  Descriptor folder_;
};

// Shorthand: the state of a process by its pid.
std::optional<ProcFolder::Stat> proc_stat(pid_t pid);

}  // namespace portd::platform
