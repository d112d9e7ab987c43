#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "client/outcome.hpp"

namespace portd::client {

struct ChildCommand {
  std::vector<std::string> arguments;  // the first is looked up in PATH
  std::map<std::string, std::string> variables;
  std::filesystem::path folder;
  int socket = -1;  // becomes descriptor 3
};

// Runs a program in our place: it has our terminal, our group and our descriptors 0 to 2, and gets every signal that we
// get. Returns its exit code, 128 + the signal that ended it, 127 when there is no such program, 126 when it cannot be
// executed. What a terminal sends goes to the whole group, so it is not sent again.
// Failure: no, where no process can be made.
Outcome<int> run_child(const ChildCommand& command);

}  // namespace portd::client
