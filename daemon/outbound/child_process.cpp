#include "daemon/outbound/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "daemon/outbound/last_error.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace portd::outbound {
namespace {

using boost::system::error_code;

// Owns one descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  void reset(int number = -1) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }

 private:
  int number_;
};

struct Pipe {
  Descriptor reader;
  Descriptor writer;

  bool open() {
    std::array<int, 2> ends{};
#ifdef __linux__
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
#else
    if (::pipe(ends.data()) != 0) return false;
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    return true;
  }
};

// Looked for here, for execvp(3) is not safe between fork and exec.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string_view folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!folders.empty()) {
    const std::size_t size = std::min(folders.find(':'), folders.size());
    const std::string program = std::string(folders.substr(0, size)) + "/" + name;
    if (program[0] == '/' && size > 0 && ::access(program.c_str(), X_OK) == 0) return program;
    folders.remove_prefix(std::min(size + 1, folders.size()));
  }
  return "";
}

// What the supervisor told portd is not for its children (sd_notify(3), sd_listen_fds(3)).
bool is_for_portd(std::string_view variable) {
  return variable.starts_with("NOTIFY_SOCKET=") || variable.starts_with("LISTEN_");
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool replaced =
        std::ranges::any_of(added, [&](const auto& one) { return text.starts_with(one.first + "="); });
    if (!replaced && !is_for_portd(text)) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(std::string(name).append("=").append(value));
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// All that the child needs, made before the fork.
struct Prepared {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> environment;
  int input;
  int output;
  int failure;
  rlimit limit;
};

// Whatever was opened without close-on-exec stays behind.
void keep_descriptors(rlim_t most) {
  constexpr unsigned first = 3;
#ifdef SYS_close_range
  constexpr unsigned close_on_exec = 4;  // CLOSE_RANGE_CLOEXEC, since Linux 5.11
  if (::syscall(SYS_close_range, first, ~0U, close_on_exec) == 0) return;
#endif
  constexpr rlim_t looked_at = 65'536;
  for (int number = first; number < static_cast<int>(std::min(most, looked_at)); ++number) {
    ::fcntl(number, F_SETFD, FD_CLOEXEC);
  }
}

// Between fork and exec: calls only what signal-safety(7) lists.
[[noreturn]] void become(const Prepared& prepared, rlim_t most_descriptors) {
  ::setpgid(0, 0);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(prepared.input, STDIN_FILENO);
  ::dup2(prepared.output, STDOUT_FILENO);
  ::dup2(prepared.output, STDERR_FILENO);
  keep_descriptors(most_descriptors);
  ::setrlimit(RLIMIT_NOFILE, &prepared.limit);
  if (::chdir("/") == 0) ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.environment.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(prepared.failure, &error, sizeof error);
  ::_exit(127);
}

// A signal between fork and exec would run portd's handlers in the child, which share their pipe with portd.
pid_t fork_without_signals(const Prepared& prepared, rlim_t most_descriptors) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become(prepared, most_descriptors);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

// Ignored by whoever started portd, it would let children vanish before they are asked how they ended.
void notice_children() {
  struct sigaction now{};
  if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace

boost::system::result<ChildProcess> ChildProcess::start(const Plan& plan) {
  Prepared prepared{find_program(plan.argv.at(0)), {}, {}, -1, -1, -1, {}};
  if (prepared.program.empty()) return error_code(ENOENT, boost::system::system_category());
  std::vector<std::string> argv = plan.argv;
  std::vector<std::string> environment = environment_with(plan.environment);
  prepared.argv = pointers(argv);
  prepared.environment = pointers(environment);
  ::getrlimit(RLIMIT_NOFILE, &prepared.limit);
  const rlim_t most_descriptors = prepared.limit.rlim_cur;
  if (plan.descriptors) prepared.limit.rlim_cur = std::min(*plan.descriptors, prepared.limit.rlim_max);

  const Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Pipe output;
  Pipe failure;
  if (input.get() < 0 || !output.open() || !failure.open()) return last_error();
  prepared.input = input.get();
  prepared.output = output.writer.get();
  prepared.failure = failure.writer.get();
  notice_children();
  const pid_t pid = fork_without_signals(prepared, most_descriptors);
  if (pid < 0) return last_error();
  ::setpgid(pid, pid);  // as the child does: whoever comes first
  return ChildProcess(pid, output.reader.release(), failure.reader.release());
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      output_(std::exchange(other.output_, -1)),
      failure_(std::exchange(other.failure_, -1)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    kill();
    ::waitpid(pid_, nullptr, WNOHANG);
  }
  if (output_ >= 0) ::close(output_);
  if (failure_ >= 0) ::close(failure_);
}

void ChildProcess::kill() const {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

// The group is killed before its leader is reaped: until then nobody else can have its number.
std::optional<int> ChildProcess::reap() {
  siginfo_t info{};
  const int asked = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (asked == 0 && info.si_pid == 0) return std::nullopt;
  if (asked == 0) kill();
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return status;
}

error_code ChildProcess::run_error() const {
  int error = 0;
  if (::read(failure_, &error, sizeof error) != sizeof error) return {};
  return {error, boost::system::system_category()};
}

}  // namespace portd::outbound
