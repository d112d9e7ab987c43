#include "client/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "client/exec_text.hpp"
#include "client/orphans.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

constexpr int socket_place = 3;
constexpr Millis orphan_time{5'000};
// What ends so soon so often does not ask to be started again: the code is its own. Importing Flask alone takes half a
// second, and somebody who edits may save often.
constexpr Millis short_life{5'000};
constexpr int most_short_lives = 25;
constexpr std::array<int, 7> forwarded{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

// A signal handler has nowhere else to look.
std::atomic<pid_t> running_child{0};
std::atomic<bool> asked_to_end{false};
std::atomic<int> to_pass_on{0};  // what asked to end, unless all of them heard it

extern "C" void forward(int number, siginfo_t* info, void*) {
  // From a terminal it goes to every process of the group by itself. Its pid is 0, but so is one of another pid
  // namespace: that of `docker stop`.
#ifdef SI_KERNEL
  const bool from_terminal = info != nullptr && info->si_code == SI_KERNEL;
#else
  const bool from_terminal = info != nullptr && info->si_pid == 0;
#endif
  if (number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT) {
    asked_to_end = true;
    to_pass_on = from_terminal ? 0 : number;
  }
  const pid_t pid = running_child.load();
  if (pid > 0 && !from_terminal) ::kill(pid, number);
}

// While it lives, signals go on to the child. Those that were ignored stay ignored, for the child as well (nohup(1)).
class Forwarding {
 public:
  Forwarding() {
    asked_to_end = false;
    to_pass_on = 0;
    struct sigaction action{};
    action.sa_sigaction = forward;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < forwarded.size(); ++i) {
      ::sigaction(forwarded[i], nullptr, &before_[i]);
      const bool ignored = (before_[i].sa_flags & SA_SIGINFO) == 0 && before_[i].sa_handler == SIG_IGN;
      if (!ignored) ::sigaction(forwarded[i], &action, nullptr);
    }
  }
  Forwarding(const Forwarding&) = delete;
  Forwarding& operator=(const Forwarding&) = delete;
  ~Forwarding() { restore(); }

  // Async-signal-safe: the child does it as well.
  void restore() const {
    for (std::size_t i = 0; i < forwarded.size(); ++i) ::sigaction(forwarded[i], &before_[i], nullptr);
  }

 private:
  std::array<struct sigaction, forwarded.size()> before_{};
};

// No signal comes in while it lives: none may fall between fork(2) and the moment when the child is known.
class SignalPause {
 public:
  SignalPause() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before_);
  }
  SignalPause(const SignalPause&) = delete;
  SignalPause& operator=(const SignalPause&) = delete;
  ~SignalPause() { end(); }

  void end() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// What the child needs, made before fork(2): it only has to write its pid into it.
class Execution {
 public:
  Execution(const ChildCommand& command, fs::path program)
      : program_(std::move(program)),
        folder_(command.folder),
        socket_(command.socket),
        words_(command.arguments),
        variables_(assignments(command.variables)) {
    if (command.tells_pid) {
      variables_.push_back("LISTEN_PID=" + std::string(20, '\0'));
      pid_text_ = variables_.back().data() + std::strlen("LISTEN_PID=");
    }
    argv_ = pointers_to(words_);
    script_words_ = {"/bin/sh", program_.string()};
    script_words_.insert(script_words_.end(), words_.begin() + 1, words_.end());
    script_argv_ = pointers_to(script_words_);
    environment_ = pointers_to(variables_);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // In the child.
  [[noreturn]] void go() {
    if (pid_text_ != nullptr) *std::to_chars(pid_text_, pid_text_ + 19, ::getpid()).ptr = '\0';
    if (socket_ == socket_place) {
      ::fcntl(socket_place, F_SETFD, 0);
    } else if (socket_ >= 0) {
      ::dup2(socket_, socket_place);
    }
    if (::chdir(folder_.c_str()) != 0) give_up(folder_, "enter the folder ");
    ::execve(program_.c_str(), argv_.data(), environment_.data());
    // A script without #!, as execvp(3) and every shell have it.
    if (errno == ENOEXEC) ::execve("/bin/sh", script_argv_.data(), environment_.data());
    give_up(program_, "run ");
  }

 private:
  [[noreturn]] static void give_up(const fs::path& file, const char* doing) {
    const int error = errno;
    const std::string why = std::string("portc: cannot ") + doing + file.string() + ": " + std::strerror(error) + "\n";
    (void)!::write(STDERR_FILENO, why.data(), why.size());
    ::_exit(error == ENOENT ? program_not_found : program_not_executable);
  }

  fs::path program_, folder_;
  int socket_;
  std::vector<std::string> words_, script_words_, variables_;
  char* pid_text_ = nullptr;
  std::vector<char*> argv_, script_argv_, environment_;
};

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Orphans that end meanwhile are reaped with it.
int await(pid_t pid) {
  int status = 0;
  for (pid_t ended = 0; ended != pid;) {
    ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) break;
  }
  running_child = 0;
  return exit_code_of(status);
}

Outcome<int> run_once(Execution& execution, const Forwarding& forwarding) {
  const SignalPause pause;
  const pid_t pid = ::fork();
  if (pid < 0) return Failure{Exit::no, std::string("cannot make a process: ") + std::strerror(errno)};
  if (pid == 0) {
    forwarding.restore();
    ::signal(SIGPIPE, SIG_DFL);  // which portc ignores
    pause.end();
    execution.go();
  }
  running_child = pid;
  pause.end();
  return await(pid);
}

Failure cannot_run(int code, const std::string& why) { return {static_cast<Exit>(code), why}; }

bool is_executable(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

Outcome<fs::path> find_program(const ChildCommand& command) {
  const std::string& name = command.arguments.front();
  if (name.find('/') != std::string::npos) {
    fs::path file = command.folder / name;
    std::error_code error;
    if (!fs::exists(file, error)) return cannot_run(program_not_found, "there is no " + file.string());
    if (is_executable(file)) return file;
    return cannot_run(program_not_executable, file.string() + " is not executable; chmod +x, or name its interpreter");
  }
  const auto path = command.variables.find("PATH");
  std::string rest = path == command.variables.end() ? "/usr/bin:/bin" : path->second;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    fs::path file = command.folder / rest.substr(0, colon) / name;
    if (is_executable(file)) return file;
    rest.erase(0, std::min(colon + 1, rest.size()));
  }
  return cannot_run(program_not_found, "there is no program " + name + " in PATH; is its environment active?");
}

Outcome<int> run_child(const ChildCommand& command) {
  auto program = find_program(command);
  if (!program) return program.error();
  Execution execution(command, std::move(*program));
  adopt_orphans();
  const Forwarding forwarding;
  for (int short_lives = 0;;) {
    const SteadyPoint started = std::chrono::steady_clock::now();
    auto code = run_once(execution, forwarding);
    if (asked_to_end) end_orphans(to_pass_on, orphan_time);
    if (!code || asked_to_end || !command.again || *code != *command.again) return code;
    const bool lived = std::chrono::steady_clock::now() - started >= short_life;
    short_lives = lived ? 0 : short_lives + 1;
    if (short_lives == most_short_lives) return code;
  }
}

}  // namespace portd::client
