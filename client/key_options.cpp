#include "client/key_options.hpp"

#include <optional>

#include "client/inherited_lease.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

std::optional<std::string> stated(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

// Whether the command line says which service or which instance of it is meant; a role is of any.
bool states_service(const KeyOptions& options) {
  return !options.key.empty() || !options.project.empty() || !options.service.empty() || !options.instance.empty() ||
         !options.environment.empty() || !options.sets.empty();
}

// --service takes no key's text: what is in it beside the service would become part of the name.
Outcome<void> check_service_alone(const std::string& service) {
  if (service.find_first_of("/@:") == std::string::npos) return {};
  std::string instead;
  if (const auto parts = KeyParts::parse(service)) {
    if (parts->project) instead += " --project " + *parts->project;
    instead += " --service " + parts->service;
    if (parts->instance) instead += " --instance " + *parts->instance;
    if (parts->role) instead += " --role " + *parts->role;
  }
  return Failure{Exit::usage, "--service is a service's name alone, not " + in_quotes(service) + "; state the rest by" +
                                  (instead.empty() ? " --project, --instance and --role" : ":" + instead)};
}

// What portc run has started this process as, if it goes by that here.
std::optional<Key> launched_key(const KeyOptions& options, const Environment& environment) {
  if (states_service(options)) return std::nullopt;
  const auto lease = inherited_lease(environment);
  if (!lease) return std::nullopt;
  const auto own = config::derive_key(environment.folder, {}, environment.variables);
  if (!own || !is_launched(*lease, own->key, environment)) return std::nullopt;
  return lease->key;
}

// In full, so that nothing of it comes from the folder.
std::string full_text(const Key& key, bool with_role) {
  const std::string text = key.project + "/" + key.service + "@" + key.instance;
  return with_role ? text + ":" + key.role : text;
}

// As the package has it: INSTANCE.ENVIRONMENT, where the folder would say another.
config::Variables variables_of(const Key& key, const Environment& environment) {
  config::Variables variables = environment.variables;
  const auto around = config::look_around(environment.folder, {}, variables);
  if (around && around->key_instance() == key.instance) return variables;
  const std::size_t dot = key.instance.rfind('.');
  variables["PORTD_INSTANCE"] = key.instance;
  variables["PORTD_ENV"] = dot == std::string::npos ? "" : key.instance.substr(dot + 1);
  return variables;
}

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

config::Variables variables_meant(const KeyOptions& options, const Environment& environment) {
  const auto launched = launched_key(options, environment);
  return launched ? variables_of(*launched, environment) : environment.variables;
}

Outcome<config::DerivedKey> derive(const KeyOptions& options, const Environment& environment) {
  if (auto alone = check_service_alone(options.service); !alone) return alone.error();
  config::KeyHints hints = hints_of(options);
  config::Variables variables = environment.variables;
  if (const auto launched = launched_key(options, environment)) {
    hints.key = full_text(*launched, options.role.empty());
    variables = variables_of(*launched, environment);
  }
  auto derived = config::derive_key(environment.folder, hints, variables);
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
