#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/outcome.hpp"

namespace portd::client {

struct ChildCommand {
  std::vector<std::string> arguments;  // the first is looked up in the child's PATH
  std::map<std::string, std::string> variables;
  std::filesystem::path folder;
  int socket = -1;             // becomes descriptor 3
  bool tells_pid = false;      // as LISTEN_PID, which only the child can know
  std::optional<int> again{};  // the exit code with which it asks to be started anew; not if it asks soon, 25 times
};

// Exit codes as shells give them, where a program cannot be run.
constexpr int program_not_found = 127;
constexpr int program_not_executable = 126;

// Where the program of a command lies. Failures, with the exit codes above: it is not there, or cannot be executed.
Outcome<std::filesystem::path> find_program(const ChildCommand& command);

// Runs a program in our place, a script without #! by /bin/sh: it has our terminal, our process group and our
// descriptors 0 to 2, and gets every signal that we get; what a terminal sends goes to the whole group, so that is not
// sent again. Returns its exit code, or 128 + the signal that ended it. Asked to end, it waits for what the program
// leaves behind, too, and passes the signal on to that. Failures: no, where no process can be made; those of
// find_program().
Outcome<int> run_child(const ChildCommand& command);

}  // namespace portd::client
