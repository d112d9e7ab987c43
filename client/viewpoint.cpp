#include "client/viewpoint.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace portd::client {
namespace {

// The name of the user, or the number: as portd has it.
std::string user_of_this_process() {
  const uid_t uid = ::geteuid();
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(uid);
}

// Over TCP nobody tells whose the other end is.
std::optional<pid_t> portd_of(const Environment& environment, const Connection& to_portd) {
  if (const auto peer = to_portd.peer()) return peer;
  const auto endpoint = read_endpoint(environment.paths());
  return endpoint ? std::optional<pid_t>(endpoint->pid) : std::nullopt;
}

}  // namespace

Viewpoint viewpoint_of(const Environment& environment, const Connection& to_portd) {
  return {portd_of(environment, to_portd), environment.user.empty() ? user_of_this_process() : environment.user,
          environment.variable("HOME"), std::chrono::floor<Millis>(std::chrono::system_clock::now())};
}

}  // namespace portd::client
