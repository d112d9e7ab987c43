#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "config/machine.hpp"
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

int tell(const std::vector<portd::config::Mistake>& mistakes) {
  for (const auto& mistake : mistakes) std::fprintf(stderr, "%s\n", portd::config::describe(mistake).c_str());
  return portd::exit_configuration;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const portd::Parsed parsed = portd::parse_command_line(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    const portd::CommandLine& line = parsed.command_line;

    std::vector<portd::config::FlagSetting> flags;
    for (const std::string& set : line.sets) flags.push_back({set});
    if (line.port) flags.push_back({"api.port=" + std::to_string(*line.port), "--port"});
    if (line.log_level) flags.push_back({"log.level=" + *line.log_level, "--log-level"});
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);  // what is about to be read needs no second reading
    ::umask(077);
    portd::Configuration configuration(portd::config::default_sources(environment(), line.config, std::move(flags)),
                                       portd::config::this_machine());
    if (portd::config::has_errors(configuration.mistakes())) return tell(configuration.mistakes());
    if (auto log = configuration.begin_log(); !log) throw std::runtime_error(log.error().detail);
    return portd::run_daemon(configuration, portd::Paths::resolve(line.state_dir, line.runtime_dir));
  } catch (const portd::AlreadyRunning& running) {
    std::fprintf(stderr, "portd: %s\n", running.what());
    return portd::exit_already_running;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "portd: %s\n", failure.what());
    return portd::exit_io;
  }
}
