#include "client/configuration.hpp"

#include <algorithm>

#include "client/counted.hpp"
#include "client/terminal_text.hpp"
#include "config/machine.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> stated_file(const ConfigOptions& options, const Environment& environment) {
  if (options.file.empty()) return std::nullopt;
  return (environment.folder / options.file).lexically_normal();
}

}  // namespace

void add_config_options(CLI::App& app, ConfigOptions& options) {
  app.add_option("--config", options.file, "File in place of the user's (default: PORTD_CONFIG)");
  app.add_option("--env", options.key.environment, "Environment (default: PORTD_ENV, else development)");
  app.add_option("--instance", options.key.instance,
                 "Instance (default: PORTD_INSTANCE, else the git worktree, else main)");
  app.add_option("--set", options.key.sets, "KEY=VALUE over everything else; may be given several times")
      ->allow_extra_args(false);
}

config::Sources daemon_sources(const ConfigOptions& options, const Environment& environment) {
  std::vector<config::FlagSetting> flags;
  for (const std::string& set : options.key.sets) flags.push_back({set});
  return config::default_sources(environment.variables, stated_file(options, environment), std::move(flags));
}

config::Loaded load_daemon(const ConfigOptions& options, const Environment& environment) {
  return config::load_settings(daemon_sources(options, environment), config::this_machine());
}

Outcome<fs::path> user_file(const ConfigOptions& options, const Environment& environment) {
  auto file = config::user_file(environment.variables, stated_file(options, environment));
  if (file) return environment.folder / *file;
  return Failure{Exit::configuration, "neither HOME nor XDG_CONFIG_HOME is set; state the file with --config"};
}

Outcome<std::optional<config::ProjectSources>> sources_here(const ConfigOptions& options,
                                                            const Environment& environment) {
  const config::KeyHints hints = hints_of(options.key);
  const auto around = config::look_around(environment.folder, hints, environment.variables);
  if (!around) return failure_from(around.error());
  if (!around->project_file) return std::optional<config::ProjectSources>();
  return std::optional(config::project_sources(*around, hints, environment.variables));
}

Exit print_mistakes(Session& session, const std::vector<config::Mistake>& mistakes) {
  const bool wrong = config::has_errors(mistakes);
  if (session.json()) {
    Json list = Json::array();
    for (const config::Mistake& mistake : mistakes) list.push_back(config::to_json(mistake));
    session.print(Json{{"valid", !wrong}, {"mistakes", std::move(list)}});
    return wrong ? Exit::configuration : Exit::yes;
  }
  for (const config::Mistake& mistake : mistakes) session.print_lines(config::describe(mistake));
  const auto errors = static_cast<std::size_t>(
      std::ranges::count(mistakes, config::Mistake::Severity::error, &config::Mistake::severity));
  if (!mistakes.empty()) {
    session.note(counted(errors, "error") + ", " + counted(mistakes.size() - errors, "warning"));
  }
  return wrong ? Exit::configuration : Exit::yes;
}

}  // namespace portd::client
