#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>

#include "common/descriptor.hpp"

namespace portd::test {

// A child process that stays until it is ended; ended at the latest by the destructor.
class Child {
 public:
  // `work` runs in the child first.
  explicit Child(const std::function<void()>& work = [] {}) : pid_(::fork()) {
    if (pid_ != 0) return;
    work();
    while (true) ::pause();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    end();
    reap();
  }

  pid_t pid() const { return pid_; }

  // Ends it; it stays a zombie.
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  void reap() {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

// Runs `work` in a child process and returns what it returned: for what cannot be taken back, such as a change of user.
inline std::string in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string said = work();
    [[maybe_unused]] const ssize_t written = ::write(writer.get(), said.data(), said.size());
    ::_exit(0);
  }
  writer.reset();
  std::string said;
  std::array<char, 512> buffer;
  ssize_t size = 0;
  while ((size = ::read(reader.get(), buffer.data(), buffer.size())) > 0) {
    said.append(buffer.data(), static_cast<std::size_t>(size));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? said : said + " (the child died)";
}

}  // namespace portd::test
