#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace portd::client {

struct DetachedCommand {
  std::vector<std::string> arguments;  // the first is the program's path
  std::map<std::string, std::string> variables;
  std::filesystem::path log;  // stdout and stderr are appended to it
};

// Starts a program that outlives us and shares nothing with us: own session, folder "/", default signals, stdin
// /dev/null, every other descriptor closed. Returns its pid, or minus the errno.
pid_t spawn_detached(const DetachedCommand& command);

}  // namespace portd::client
