#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace portd::outbound {

// A program that portd runs, without a shell, in "/", in a process group of its own and with nothing of portd's: see
// run_program().
class ChildProcess {
 public:
  struct Plan {
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> environment{};  // added to portd's own
    std::optional<rlim_t> descriptors{};                             // the soft RLIMIT_NOFILE; absent: as portd's
  };

  // Error: no program of that name, or what fork(2) and its like say.
  static boost::system::result<ChildProcess> start(const Plan& plan);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Killed, if it was not reaped.
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  // Where its standard output and error come out: non-blocking, the caller's from now on.
  int release_output() { return std::exchange(output_, -1); }

  // Ends the whole group.
  void kill() const;

  // What waitpid(2) tells, once it has ended; what is left of its group is killed then.
  std::optional<int> reap();

  // Once reaped: why it could not be run at all.
  boost::system::error_code run_error() const;

 private:
  ChildProcess(pid_t pid, int output, int failure) : pid_(pid), output_(output), failure_(failure) {}

  pid_t pid_;  // 0: reaped
  int output_;
  int failure_;  // where errno comes out when it cannot be run
};

}  // namespace portd::outbound
