#include "client/autostart.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>

#include "client/detached_process.hpp"
#include "client/endpoint_discovery.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr Millis start_time{5'000};
constexpr Millis poll_step{5};
constexpr std::size_t shown_log_lines = 10;

// Exit codes of portd (DESIGN section 7).
constexpr int portd_already_running = 75;
constexpr int portd_configuration = 78;

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> find_portd(const Environment& environment) {
  fs::path sibling = environment.program.parent_path() / "portd";
  if (is_program(sibling)) return sibling;
  std::istringstream folders(environment.variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && is_program(fs::path(folder) / "portd")) return fs::path(folder) / "portd";
  }
  return std::nullopt;
}

DetachedCommand portd_command(const Environment& environment, const fs::path& portd) {
  DetachedCommand command{{(environment.folder / portd).string()}, environment.variables, environment.paths().log()};
  for (const auto& [flag, variable] :
       {std::pair{"--state-dir", "PORTD_STATE_DIR"}, std::pair{"--runtime-dir", "PORTD_RUNTIME_DIR"}}) {
    const std::string folder = environment.variable(variable);
    if (folder.empty()) continue;
    command.arguments.insert(command.arguments.end(), {flag, (environment.folder / folder).string()});
  }
  // What the caller's own supervisor addressed to the caller (sd_notify(3), sd_listen_fds(3)).
  for (const char* name : {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC"}) {
    command.variables.erase(name);
  }
  return command;
}

// Failing shows when the log cannot be opened in it.
void make_private_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
}

std::uintmax_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

// The last lines that were written after `start`.
std::string tail(const fs::path& log, std::uintmax_t start) {
  std::ifstream file(log);
  file.seekg(static_cast<std::streamoff>(start));
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines.size() > shown_log_lines) lines.pop_front();
  }
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

// A connection to a portd that answers, or nothing yet.
std::optional<Connection> try_running(const Paths& paths) {
  auto connection = connect_to_running(paths);
  if (!connection) return std::nullopt;
  const auto answer = connection->request("GET", "/health", "", Millis(1'000));
  if (!answer || answer->status != 200) return std::nullopt;
  return std::move(*connection);
}

// How the child ended, as waitpid(2) tells it; nothing while it runs.
std::optional<int> status_of(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, WNOHANG) == child ? std::optional(status) : std::nullopt;
}

bool exited_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "portd was ended by signal " + std::to_string(WTERMSIG(status));
  return "portd ended with exit code " + std::to_string(WEXITSTATUS(status));
}

Failure ended_early(int status, const fs::path& log, std::uintmax_t log_start) {
  return {exited_with(status, portd_configuration) ? Exit::configuration : Exit::no_daemon,
          how_it_ended(status) + "; its log " + log.string() + " says:" + tail(log, log_start)};
}

Outcome<Started> wait_until_ready(pid_t child, const Paths& paths, std::uintmax_t log_start) {
  const SteadyPoint deadline = steady_clock::now() + start_time;
  bool child_lives = true;
  while (steady_clock::now() < deadline) {
    if (auto running = try_running(paths)) {
      return Started{std::move(*running), child_lives ? std::optional(child) : std::nullopt};
    }
    if (const auto status = child_lives ? status_of(child) : std::nullopt) {
      if (!exited_with(*status, portd_already_running)) return ended_early(*status, paths.log(), log_start);
      child_lives = false;  // another portc was quicker: its portd is the one to wait for
    }
    ::poll(nullptr, 0, static_cast<int>(poll_step.count()));
  }
  return Failure{Exit::no_daemon, "portd does not answer " + to_text(start_time) + " after its start; its log " +
                                      paths.log().string() + " says:" + tail(paths.log(), log_start)};
}

}  // namespace

Outcome<Started> start_portd(const Environment& environment) {
  const auto portd = find_portd(environment);
  if (!portd) {
    return Failure{Exit::no_daemon,
                   "portd is not running, and there is none beside portc or on PATH to start; install it, or name a "
                   "running one with --url or --socket"};
  }
  const Paths paths = environment.paths();
  make_private_folder(paths.state);
  const std::uintmax_t log_start = size_of(paths.log());
  const int child = spawn_detached(portd_command(environment, *portd));
  if (child < 0) {
    return Failure{Exit::no_daemon, "cannot start " + portd->string() + " with its log in " + paths.log().string() +
                                        ": " + std::strerror(-child)};
  }
  return wait_until_ready(child, paths, log_start);
}

}  // namespace portd::client
