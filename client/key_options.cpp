#include "client/key_options.hpp"

#include <optional>

#include "common/wording.hpp"

namespace portd::client {
namespace {

std::optional<std::string> stated(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

void add_project_option(CLI::App& app, KeyOptions& options) {
  app.add_option("--project", options.project, "Project (default: of portd.yaml, else the git checkout's folder)");
}

void add_which_instance_options(CLI::App& app, KeyOptions& options) {
  app.add_option("--instance", options.instance,
                 "Instance (default: PORTD_INSTANCE, else the git worktree, else main)");
  app.add_option("--env", options.environment, "Environment (default: PORTD_ENV, else development)");
  app.add_option("--set", options.sets, "KEY=VALUE of the project, over portd.yaml; may be given several times")
      ->allow_extra_args(false);
}

CLI::Option* add_service_option(CLI::App& app, KeyOptions& options) {
  auto* service = app.add_option("SERVICE", options.key, "[project/]service[@instance]");
  add_project_option(app, options);
  return service;
}

}  // namespace

void add_key_options(CLI::App& app, KeyOptions& options) {
  app.add_option("KEY", options.key, "[project/]service[@instance][:role]; what is left out comes from the folder");
  add_project_option(app, options);
  app.add_option("--service", options.service, "Service (default: PORTD_SERVICE, else of the folder)");
  add_which_instance_options(app, options);
}

CLI::Option* add_instance_options(CLI::App& app, KeyOptions& options) {
  auto* service = add_service_option(app, options);
  add_which_instance_options(app, options);
  return service;
}

CLI::Option* add_instances_options(CLI::App& app, KeyOptions& options) {
  auto* service = add_service_option(app, options);
  app.add_option("--instance", options.instance, "Only this instance (default: all)");
  return service;
}

void add_role_option(CLI::App& app, KeyOptions& options) {
  app.add_option("--role", options.role, "Role of the port (default: http)");
}

config::KeyHints hints_of(const KeyOptions& options) {
  config::KeyHints hints{.key = stated(options.key),
                         .service = stated(options.service),
                         .instance = stated(options.instance),
                         .role = stated(options.role),
                         .environment = stated(options.environment)};
  for (const std::string& set : options.sets) hints.flags.push_back({set});
  return hints;
}

Outcome<config::DerivedKey> derive(const KeyOptions& options, const Environment& environment) {
  auto derived = config::derive_key(environment.folder, hints_of(options), environment.variables);
  if (!derived) return failure_from(derived.error());
  if (options.project.empty()) return std::move(*derived);
  if (options.key.find('/') != std::string::npos) {
    return Failure{Exit::usage, "the project is stated twice; leave out --project or the part before \"/\" in KEY"};
  }
  auto project = checked_name("project", options.project);
  if (!project) return failure_from(project.error());
  if (*project != derived->key.project) derived->project.reset();
  derived->key.project = std::move(*project);
  return std::move(*derived);
}

Outcome<InstanceKey> derive_instance(const KeyOptions& options, const Environment& environment) {
  if (options.key.find(':') != std::string::npos) {
    return Failure{Exit::usage, "a service has no role; leave out what follows \":\" in " + in_quotes(options.key)};
  }
  const auto derived = derive(options, environment);
  if (!derived) return derived.error();
  return instance_of(derived->key);
}

Outcome<InstanceFilter> derive_instances(const KeyOptions& options, const Environment& environment) {
  auto key = derive_instance(options, environment);
  if (!key) return key.error();
  InstanceFilter filter;
  filter.project = std::move(key->project);
  filter.service = std::move(key->service);
  const bool one = options.key.find('@') != std::string::npos || !options.instance.empty();
  if (one) filter.instance = std::move(key->instance);
  return filter;
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

std::string name_here(const InstanceKey& key, const std::string& project_here) {
  return name_here(Key{key.project, key.service, key.instance, Key{}.role}, project_here);
}

}  // namespace portd::client
