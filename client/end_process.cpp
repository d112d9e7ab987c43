#include "client/end_process.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#ifdef __linux__
#include <sys/syscall.h>
#endif

namespace portd::client {
namespace {

using std::chrono::steady_clock;

Failure still_lives(pid_t pid, Millis time_limit) {
  return {Exit::no, "pid " + std::to_string(pid) + " did not end within " + to_text(time_limit) +
                        "; look at its log, or end it with: kill -9 " + std::to_string(pid)};
}

Failure cannot_signal(pid_t pid, int error) {
  return {Exit::not_allowed, "cannot end pid " + std::to_string(pid) + ": " + std::strerror(error)};
}

#ifdef __linux__

class ProcessDescriptor {
 public:
  explicit ProcessDescriptor(pid_t pid) : descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ProcessDescriptor(const ProcessDescriptor&) = delete;
  ProcessDescriptor& operator=(const ProcessDescriptor&) = delete;
  ~ProcessDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  bool opened() const { return descriptor_ >= 0; }
  bool signal(int number) const { return ::syscall(SYS_pidfd_send_signal, descriptor_, number, nullptr, 0) == 0; }

  // True once the process has ended.
  bool wait(SteadyPoint deadline) const {
    for (;;) {
      const auto left = std::chrono::ceil<Millis>(deadline - steady_clock::now()).count();
      pollfd entry{descriptor_, POLLIN, 0};
      const int ready = ::poll(&entry, 1, left > 0 ? static_cast<int>(left) : 0);
      if (ready > 0) return true;
      if (ready == 0 || errno != EINTR) return false;
    }
  }

 private:
  int descriptor_;
};

#else

class ProcessDescriptor {
 public:
  explicit ProcessDescriptor(pid_t pid) : pid_(pid) {}

  bool opened() const { return ::kill(pid_, 0) == 0; }
  bool signal(int number) const { return ::kill(pid_, number) == 0; }
  bool wait(SteadyPoint deadline) const {
    while (opened()) {
      if (steady_clock::now() >= deadline) return false;
      ::poll(nullptr, 0, 5);
    }
    return true;
  }

 private:
  pid_t pid_;
};

#endif

}  // namespace

Outcome<void> end_process(pid_t pid, Millis time_limit, const std::function<bool()>& is_meant) {
  const ProcessDescriptor process(pid);
  if (!process.opened()) return errno == ESRCH ? Outcome<void>() : cannot_signal(pid, errno);
  if (!is_meant()) return {};
  if (!process.signal(SIGTERM)) return errno == ESRCH ? Outcome<void>() : cannot_signal(pid, errno);
  if (!process.wait(steady_clock::now() + time_limit)) return still_lives(pid, time_limit);
  return {};
}

}  // namespace portd::client
