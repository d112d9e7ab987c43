#include "client/orphans.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace portd::client {
namespace {

using std::chrono::steady_clock;

constexpr int step = 5;  // ms

// Ours and not yet reaped, so that no other process can have their pids (proc(5), needs CONFIG_PROC_CHILDREN).
std::set<pid_t> children() {
  std::set<pid_t> pids;
  const std::string self = std::to_string(::getpid());
  std::ifstream list("/proc/" + self + "/task/" + self + "/children");
  for (pid_t pid = 0; list >> pid;) pids.insert(pid);
  return pids;
}

// False once there is no child any more.
bool reap() {
  for (;;) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid <= 0) return pid == 0;
  }
}

}  // namespace

void adopt_orphans() {
#ifdef __linux__
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

void end_orphans(int signal, Millis time_limit) {
  std::set<pid_t> told;
  for (const SteadyPoint deadline = steady_clock::now() + time_limit; reap() && steady_clock::now() < deadline;) {
    for (const pid_t pid : children()) {
      if (signal != 0 && told.insert(pid).second) ::kill(pid, signal);
    }
    ::poll(nullptr, 0, step);
  }
}

}  // namespace portd::client
