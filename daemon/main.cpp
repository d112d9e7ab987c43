#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <map>

#include "daemon/command_line.hpp"
#include "daemon/daemon.hpp"
#include "daemon/state_lock.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

void set_up_log(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("portd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

int tell(const portd::config::Loaded& loaded) {
  for (const auto& mistake : loaded.mistakes) {
    std::fprintf(stderr, "portd: %s: %s: %s\n", mistake.where.c_str(), mistake.key.c_str(), mistake.message.c_str());
  }
  return portd::exit_configuration;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const portd::Parsed parsed = portd::parse_command_line(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    const portd::CommandLine& line = parsed.command_line;

    const auto variables = environment();
    portd::config::Sources sources = portd::config::default_sources(variables, line.config, line.sets);
    if (line.port) sources.sets.push_back("api.port=" + std::to_string(*line.port));
    if (line.log_level) sources.sets.push_back("log.level=" + *line.log_level);
    const auto loaded = portd::config::load_settings(sources, variables);
    if (!loaded.mistakes.empty()) return tell(loaded);

    set_up_log(loaded.settings.log.level);
    std::signal(SIGPIPE, SIG_IGN);
    ::umask(077);
    return portd::run_daemon(loaded.settings, portd::Paths::resolve(line.state_dir, line.runtime_dir));
  } catch (const portd::AlreadyRunning& running) {
    std::fprintf(stderr, "portd: %s\n", running.what());
    return portd::exit_already_running;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "portd: %s\n", failure.what());
    return portd::exit_io;
  }
}
