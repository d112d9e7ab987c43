#include "client/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "common/descriptor.hpp"

namespace portd::client {
namespace {

constexpr int socket_place = 3;
constexpr int not_found = 127;
constexpr int not_executable = 126;
constexpr std::array<int, 7> forwarded{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

std::atomic<pid_t> child{0};  // the signal handler has nowhere else to look

extern "C" void forward(int number, siginfo_t* info, void*) {
  // From a terminal (the kernel) it goes to every process of the group by itself.
  const bool from_terminal = info != nullptr && info->si_pid == 0;
  const pid_t pid = child.load();
  if (pid > 0 && !from_terminal) ::kill(pid, number);
}

// While it lives, signals go on to the child.
class Forwarding {
 public:
  Forwarding() {
    struct sigaction action{};
    action.sa_sigaction = forward;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < forwarded.size(); ++i) ::sigaction(forwarded[i], &action, &before_[i]);
  }
  Forwarding(const Forwarding&) = delete;
  Forwarding& operator=(const Forwarding&) = delete;
  ~Forwarding() {
    child = 0;
    restore();
  }

  // Async-signal-safe: the child does it as well.
  void restore() const {
    for (std::size_t i = 0; i < forwarded.size(); ++i) ::sigaction(forwarded[i], &before_[i], nullptr);
  }

 private:
  std::array<struct sigaction, forwarded.size()> before_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> assignments(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> list;
  for (const auto& [name, value] : variables) list.push_back(name + "=" + value);
  return list;
}

// Where a program lies, as a shell looks for it in the child's PATH.
std::string program_file(const ChildCommand& command) {
  const std::string& name = command.arguments.front();
  if (name.find('/') != std::string::npos) return name;
  const auto path = command.variables.find("PATH");
  std::string rest = path == command.variables.end() ? "/usr/bin:/bin" : path->second;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::filesystem::path file = std::filesystem::path(rest.substr(0, colon)) / name;
    if (::access(file.c_str(), X_OK) == 0 && !std::filesystem::is_directory(file)) return file.string();
    rest.erase(0, std::min(colon + 1, rest.size()));
  }
  return name;
}

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

int await(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_code_of(status);
}

}  // namespace

Outcome<int> run_child(const ChildCommand& command) {
  std::vector<std::string> words = command.arguments;
  std::vector<std::string> variables = assignments(command.variables);
  const std::string program = program_file(command);
  const std::vector<char*> argv = pointers(words), environment = pointers(variables);

  const Forwarding forwarding;
  const pid_t pid = ::fork();
  if (pid < 0) return Failure{Exit::no, std::string("cannot make a process: ") + std::strerror(errno)};
  if (pid == 0) {
    forwarding.restore();
    ::signal(SIGPIPE, SIG_DFL);  // which portc ignores
    if (command.socket >= 0) {
      if (command.socket == socket_place) {
        ::fcntl(socket_place, F_SETFD, 0);
      } else {
        ::dup2(command.socket, socket_place);
      }
    }
    if (::chdir(command.folder.c_str()) == 0) ::execve(program.c_str(), argv.data(), environment.data());
    ::_exit(errno == ENOENT ? not_found : not_executable);
  }
  child = pid;
  return await(pid);
}

}  // namespace portd::client
