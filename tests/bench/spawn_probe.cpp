// How long a command takes from its start to its end, the process included. Prints JSON.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace {

using Clock = std::chrono::steady_clock;

void run_once(const std::vector<char*>& arguments) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + std::string(arguments[0]));
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error(std::string(arguments[0]) + " failed");
}

std::vector<double> sorted_times(const std::vector<char*>& arguments, int count) {
  std::vector<double> times;
  for (int run = 0; run < count; ++run) {
    const auto started = Clock::now();
    run_once(arguments);
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - started).count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 50;
  std::vector<std::string> command;
  CLI::App app{"Runs a command again and again; each run must succeed.", "portd_spawn_probe"};
  app.add_option("--count", count, "How many runs")->check(CLI::Range(1, 10'000));
  app.add_option("command", command)->required();
  CLI11_PARSE(app, argc, argv);
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  try {
    run_once(arguments);  // the first one finds cold caches
    const auto times = sorted_times(arguments, count);
    const nlohmann::json report{{"p50_ms", times[times.size() / 2]}, {"p95_ms", times[times.size() * 95 / 100]}};
    std::printf("%s\n", report.dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portd_spawn_probe: %s\n", error.what());
    return 1;
  }
}
