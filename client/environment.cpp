#include "client/environment.hpp"

#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>

#include <array>
#endif

#include <iostream>
#include <string_view>
#include <system_error>

extern char** environ;  // environ(7)

namespace portd::client {
namespace {

std::map<std::string, std::string> variables_of_this_process() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::filesystem::path program_of_this_process() {
  std::error_code error;
#ifdef __APPLE__
  std::array<char, 4096> path{};
  auto size = static_cast<std::uint32_t>(path.size());
  if (_NSGetExecutablePath(path.data(), &size) != 0) return {};
  return std::filesystem::canonical(path.data(), error);
#else
  return std::filesystem::read_symlink("/proc/self/exe", error);
#endif
}

}  // namespace

std::string Environment::variable(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? "" : found->second;
}

Paths Environment::paths() const { return Paths::resolve(variable("PORTD_STATE_DIR"), variable("PORTD_RUNTIME_DIR")); }

Environment Environment::of_this_process() {
  Environment environment;
  environment.variables = variables_of_this_process();
  std::error_code error;  // a folder that was deleted meanwhile leaves the path empty
  environment.folder = std::filesystem::current_path(error);
  environment.program = program_of_this_process();
  environment.parent = ::getppid();
  environment.terminals = {::isatty(STDIN_FILENO) == 1, ::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1};
  environment.in = &std::cin;
  environment.colour = environment.terminals.out && environment.variable("NO_COLOR").empty();
  return environment;
}

}  // namespace portd::client
