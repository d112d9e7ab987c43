#include "client/inherited_lease.hpp"

#include <charconv>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

#include "client/ancestry.hpp"

namespace portd::client {
namespace {

std::optional<int> number_from(const std::string& text, int last) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 1 || number > last) return std::nullopt;
  return number;
}

// Whatever the role.
std::string name_of_service(const std::string& key) { return key.substr(0, key.find(':')); }

}  // namespace

std::optional<InheritedLease> inherited_lease(const Environment& environment) {
  std::istringstream text(environment.variable("PORTD_LEASE"));
  std::string key_text, port, pid;
  std::getline(std::getline(text, key_text, ','), port, ',');
  std::getline(text, pid);
  const auto key = Key::parse(key_text);
  const auto launcher = number_from(pid, std::numeric_limits<pid_t>::max());
  if (!key || !number_from(port, 65'535) || !launcher) return std::nullopt;
  if (!descends_from(environment.parent, *launcher)) return std::nullopt;
  return InheritedLease{*key, *launcher};
}

bool is_launched(const InheritedLease& lease, const Key& own, const Environment& environment) {
  const std::string folder = environment.variable("PORTD_LEASE_CWD");
  std::error_code failed;
  if (folder.empty() || !std::filesystem::equivalent(folder, environment.folder, failed) || failed) return false;
  if (environment.parent == lease.launcher) return true;  // the command itself, whatever that calls itself
  std::istringstream names(environment.variable("PORTD_LEASE_FOR"));
  for (std::string name; std::getline(names, name, ',');) {
    if (name_of_service(name) == name_of_service(own.text())) return true;
  }
  return false;
}

}  // namespace portd::client
