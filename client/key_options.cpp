#include "client/key_options.hpp"

#include <optional>

namespace portd::client {
namespace {

std::optional<std::string> stated(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

}  // namespace

void add_key_options(CLI::App& app, KeyOptions& options) {
  app.add_option("KEY", options.key, "[project/]service[@instance][:role]; what is left out comes from the folder");
  app.add_option("--project", options.project, "Project (default: of portd.yaml, else the git checkout's folder)");
  app.add_option("--service", options.service, "Service (default: PORTD_SERVICE, else of the folder)");
  app.add_option("--instance", options.instance,
                 "Instance (default: PORTD_INSTANCE, else the git worktree, else main)");
  app.add_option("--env", options.environment, "Environment (default: PORTD_ENV, else development)");
}

void add_role_option(CLI::App& app, KeyOptions& options) {
  app.add_option("--role", options.role, "Role of the port (default: http)");
}

Outcome<config::DerivedKey> derive(const KeyOptions& options, const Environment& environment) {
  const config::KeyHints hints{stated(options.key), stated(options.service), stated(options.instance),
                               stated(options.role), stated(options.environment)};
  auto derived = config::derive_key(environment.folder, hints, environment.variables);
  if (!derived) return failure_from(derived.error());
  if (options.project.empty()) return std::move(*derived);
  if (options.key.find('/') != std::string::npos) {
    return Failure{Exit::usage, "the project is stated twice; leave out --project or the part before \"/\" in KEY"};
  }
  auto project = checked_name("project", options.project);
  if (!project) return failure_from(project.error());
  derived->key.project = std::move(*project);
  return std::move(*derived);
}

std::string project_of_folder(const Environment& environment) {
  const auto derived = config::derive_key(environment.folder, {}, environment.variables);
  return derived ? derived->key.project : "";
}

std::string name_here(const Key& key, const std::string& project_here) {
  std::string name = key.project == project_here ? "" : key.project + "/";
  name += key.service;
  if (key.instance != "main") name += "@" + key.instance;
  if (key.role != "http") name += ":" + key.role;
  return name;
}

}  // namespace portd::client
