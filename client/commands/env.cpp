#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/project_ports.hpp"
#include "client/untrusted_variables.hpp"
#include "client/variable_name.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

constexpr std::array<std::string_view, 4> formats{"dotenv", "json", "direnv", "shell"};

struct EnvOptions {
  KeyOptions key;
  std::string format = "dotenv";
};

// Names and values, in the order of the project file.
using Assignments = std::vector<std::pair<std::string, std::string>>;

std::string variable_of(const config::ProjectService& service, const config::ProjectPort& port) {
  const std::string name = variable_name(service.name);
  return port.role == service.main_role() ? name : name + "_" + variable_name(port.role);
}

// my-api and my.api would both be MY_API: told before anything is leased.
Outcome<void> refuse_same_names(const config::Project& project) {
  std::map<std::string, std::string> owners;
  for (const auto& service : project.services) {
    for (const auto& port : service.ports) {
      const std::string owner = service.name + ":" + port.role;
      const auto [other, fresh] = owners.emplace(variable_of(service, port), owner);
      if (fresh) continue;
      return Failure{Exit::configuration, other->second + " and " + owner + " would both be " + other->first +
                                              "_PORT; rename one of them in " + project.file.string()};
    }
  }
  return {};
}

Outcome<Assignments> ports_of(const config::Project& project, ProjectPorts& ports) {
  if (auto different = refuse_same_names(project); !different) return different.error();
  Assignments assignments;
  for (const auto& service : project.services) {
    for (const auto& port : service.ports) {
      const auto lease = ports.lease(service, port.role);
      if (!lease) return lease.error();
      const std::string name = variable_of(service, port);
      assignments.emplace_back(name + "_PORT", lease->port.text());
      assignments.emplace_back(name + "_URL", lease->url());
    }
  }
  return assignments;
}

// PORT and what the service's own `env` says.
Outcome<void> add_own(Assignments& assignments, const config::ProjectService& service, ProjectPorts& ports) {
  const auto lease = ports.lease(service, service.main_role());
  if (!lease) return lease.error();
  assignments.emplace_back("PORT", lease->port.text());
  for (const auto& [name, text] : service.env) {
    auto value = ports.fill_in(text);
    if (!value) return value.error();
    assignments.emplace_back(name, std::move(*value));
  }
  return {};
}

// For sh: nothing in single quotes has a meaning.
std::string in_single_quotes(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// For dotenv readers: bare where all of them agree, else in double quotes, with the escapes that they agree on.
std::string dotenv_value(const std::string& text) {
  const bool bare = !text.empty() && text.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_./:@%+,-") == std::string::npos;
  if (bare) return text;
  if (text.find_first_of("'\n\r") == std::string::npos) return "'" + text + "'";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
    quoted += c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
  }
  return quoted + "\"";
}

std::string text_in(const std::string& format, const Assignments& assignments, const config::Project& project) {
  std::string text;
  if (format == "direnv") {
    for (const auto& file : project.files) text += "watch_file " + in_single_quotes(file.string()) + "\n";
  }
  for (const auto& [name, value] : assignments) {
    text += format == "dotenv" ? name + "=" + dotenv_value(value) + "\n"
                               : "export " + name + "=" + in_single_quotes(value) + "\n";
  }
  return text;
}

void print(Session& session, const EnvOptions& options, const Assignments& assignments,
           const config::Project& project) {
  if (!session.json() && options.format != "json") {
    return session.print_safe(text_in(options.format, assignments, project));
  }
  Json json = Json::object();
  for (const auto& [name, value] : assignments) json[name] = value;
  session.print(json);
}

Failure no_project(const config::DerivedKey& derived, const config::Surroundings& around) {
  if (!around.project_file) {
    return {Exit::not_found, "there is no portd.yaml in this folder or above it; make one with: portc init"};
  }
  return {Exit::not_found, around.project_file->string() + " is not of the project " + derived.key.project +
                               "; go to its folder, or leave the project out"};
}

Failure no_service(const std::string& name, const config::Project& project) {
  std::vector<std::string_view> names;
  for (const auto& service : project.services) names.emplace_back(service.name);
  return {Exit::not_found, name + " is not in " + project.file.string() + did_you_mean(name, names)};
}

Outcome<Exit> env(Session& session, const EnvOptions& options) {
  const Environment& environment = session.environment();
  if (const auto instance = derive_instance(options.key, environment); !instance) return instance.error();
  const auto derived = derive(options.key, environment);
  if (!derived) return derived.error();
  const auto around =
      config::look_around(environment.folder, hints_of(options.key), variables_meant(options.key, environment));
  if (!around) return failure_from(around.error());
  if (!derived->project) return no_project(*derived, *around);
  const bool stated = options.key.key.find('@') != std::string::npos;
  ProjectPorts ports(session, *derived, stated ? derived->key.instance : around->key_instance());
  const config::ProjectService* service = options.key.key.empty() ? nullptr : derived->declared();
  if (!options.key.key.empty() && service == nullptr) return no_service(derived->key.service, *derived->project);
  if (service != nullptr) {
    if (auto allowed = refuse_untrusted(*service, *derived->project, environment); !allowed) return allowed.error();
  }
  auto assignments = ports_of(*derived->project, ports);
  if (!assignments) return assignments.error();
  if (service != nullptr) {
    if (auto added = add_own(*assignments, *service, ports); !added) return added.error();
  }
  print(session, options, *assignments, *derived->project);
  return Exit::yes;
}

Run declare_env(CLI::App& app) {
  const auto options = std::make_shared<EnvOptions>();
  add_instance_options(app, options->key);
  app.add_option("--format", options->format, "dotenv (default), json, direnv or shell")
      ->check(CLI::IsMember(std::vector<std::string>(formats.begin(), formats.end())));
  return [options](Session& session) { return env(session, *options); };
}

}  // namespace

Verb env_verb() {
  return {"env", "Print the project's ports and URLs as variables, leasing what has none",
          "WEB_PORT and WEB_URL for every service of portd.yaml, WEB_DEBUG_PORT for a role beside its main one; with\n"
          "SERVICE also PORT and the service's own `env`, its references filled in.\n"
          "\n"
          "Examples:\n"
          "  portc env > .env\n"
          "  eval \"$(portc env --format shell)\"\n"
          "  eval \"$(portc env --format direnv)\"       in .envrc\n"
          "  set -a; . ./.env; flask run               after portc env web > .env\n"
          "  portc env --env testing --json",
          declare_env};
}

}  // namespace portd::client
