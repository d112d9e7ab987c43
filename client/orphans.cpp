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

// Ours and not yet reaped, so that no other process can have their pids (proc(5), needs CONFIG_PROC_CHILDREN). Who has
// a session of its own is a daemon, such as a portd that was started on the way, and is left alone.
std::set<pid_t> children() {
  std::set<pid_t> pids;
  const std::string self = std::to_string(::getpid());
  std::ifstream list("/proc/" + self + "/task/" + self + "/children");
  const pid_t session = ::getsid(0);
  for (pid_t pid = 0; list >> pid;) {
    if (::getsid(pid) == session) pids.insert(pid);
  }
  return pids;
}

void reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
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
  const SteadyPoint deadline = steady_clock::now() + time_limit;
  for (reap(); steady_clock::now() < deadline; reap()) {
    const std::set<pid_t> left = children();
    if (left.empty()) return;
    for (const pid_t pid : left) {
      if (signal != 0 && told.insert(pid).second) ::kill(pid, signal);
    }
    ::poll(nullptr, 0, step);
  }
}

}  // namespace portd::client
