#include "client/ancestry.hpp"

#include <signal.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace portd::client {

pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(line.substr(name_end + 1));
  char state = 0;
  pid_t parent = 0;
  return rest >> state >> parent ? parent : 0;
}

bool descends_from(pid_t pid, pid_t ancestor) {
  if (pid == ancestor) return true;
  std::error_code error;
  if (!std::filesystem::exists("/proc/self/stat", error)) return ::kill(ancestor, 0) == 0 || errno == EPERM;
  while (pid > 1 && pid != ancestor) pid = parent_of(pid);
  return pid == ancestor;
}

}  // namespace portd::client
