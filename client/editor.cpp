#include "client/editor.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <vector>

#include "client/exec_text.hpp"

namespace portd::client {
namespace {

bool is_in_path(const std::string& program, const Environment& environment) {
  std::istringstream folders(environment.variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && ::access((std::filesystem::path(folder) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string editor_of(const Environment& environment) {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    if (const std::string editor = environment.variable(name); !editor.empty()) return editor;
  }
  for (const char* program : {"vi", "nano"}) {
    if (is_in_path(program, environment)) return program;
  }
  return "";
}

}  // namespace

Outcome<void> edit_file(const std::filesystem::path& file, const Environment& environment) {
  const std::string editor = editor_of(environment);
  if (editor.empty()) return Failure{Exit::usage, "there is no editor; set EDITOR, such as EDITOR=nano"};
  // The file is an argument of the shell, so that no name of a file is read as a command.
  std::vector<std::string> arguments{"/bin/sh", "-c", editor + " \"$1\"", "sh", file.string()};
  std::vector<std::string> variables = assignments(environment.variables);
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, pointers_to(arguments).data(), pointers_to(variables).data());
  if (failed != 0) return Failure{Exit::usage, "cannot start " + editor + ": " + std::strerror(failed)};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Failure{Exit::usage, editor + " failed; nothing is changed"};
}

}  // namespace portd::client
