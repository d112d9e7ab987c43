#include <memory>

#include "client/commands/commands.hpp"
#include "client/config_file.hpp"
#include "client/key_options.hpp"
#include "client/project_survey.hpp"
#include "common/file.hpp"
#include "config/edit.hpp"
#include "config/project_check.hpp"
#include "config/project_files.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view section_begin = "<!-- portd: begin -->";
constexpr std::string_view section_end = "<!-- portd: end -->";
constexpr std::string_view agents_section =
    "<!-- portd: begin -->\n"
    "## Ports\n"
    "\n"
    "Ports on this machine belong to portd (`portc --help`). Never choose a port yourself, never write one into code\n"
    "or a command, and never end a process because its port is taken.\n"
    "\n"
    "- Start a server with `portc run -- COMMAND`: it gets the port of its service, the same one every time.\n"
    "- Find a running one with `portc url SERVICE` (URL) or `portc port SERVICE` (bare number).\n"
    "- See what is there with `portc ls`, who has a port with `portc who PORT`.\n"
    "- The services of this project are in `portd.yaml`; check it with `portc config validate`.\n"
    "<!-- portd: end -->\n";

struct InitOptions {
  bool agents = false;
  bool force = false;
};

// Where the running portd serves the schema; its usual place when none runs.
std::string schema_url(Session& session) {
  std::string url = "http://localhost:7700";
  if (session.running_portd()) {
    const auto endpoint = read_endpoint(session.environment().paths());
    if (endpoint) url = "http://localhost" + endpoint->url.substr(endpoint->url.rfind(':'));
  }
  return url + "/config/schema";
}

std::string roles_text(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text += (text.empty() ? "" : ", ") + role;
  return "[" + text + "]";
}

std::string needs_text(const std::vector<SurveyedService>& services) {
  std::string text;
  for (const auto& each : services) {
    if (each.shared) text += (text.empty() ? "" : ", ") + config::as_yaml_scalar(each.name) + ": started";
  }
  return text;
}

std::string service_text(const SurveyedService& service, const std::vector<SurveyedService>& all) {
  std::string text;
  if (!service.found_by.empty()) text += "  # " + service.found_by + ".\n";
  text += "  " + config::as_yaml_scalar(service.name) + ":\n";
  text += "    ports: " + roles_text(service.roles) + "\n";
  if (service.shared) text += "    shared: true  # one for all worktrees and environments\n";
  if (!service.advice.empty()) text += "    # " + service.advice + "\n";
  text += service.command.empty() ? "    #command: ./serve  # runs after `portc trust`\n"
                                  : "    command: " + config::as_yaml_scalar(service.command) + "\n";
  if (service.shared) return text;
  const std::string needs = needs_text(all);
  text += needs.empty() ? "    #depends_on: {db: started}\n" : "    depends_on: {" + needs + "}\n";
  text += "    #checks: [{type: http, path: /healthz, interval: 5s}]\n";
  text += "    #env: {API_URL: \"${services.api.url}\"}\n";
  return text;
}

std::string file_text(const std::string& schema, const std::string& project,
                      const std::vector<SurveyedService>& services) {
  std::string text =
      "# yaml-language-server: $schema=" + schema +
      "\n"
      "# The services of this project and their ports: portc port SERVICE, portc url SERVICE, portc env.\n"
      "# Every key: portc config schema; check the file with: portc config validate\n"
      "\n"
      "project: " +
      config::as_yaml_scalar(project) + "\n\nservices:\n";
  for (const auto& service : services) text += service_text(service, services);
  text +=
      "\n"
      "# Each environment but development has ports of its own: PORTD_ENV=testing, or --env testing.\n"
      "#environments:\n"
      "#  testing: {services: {" +
      config::as_yaml_scalar(services.front().name) +
      ": {env: {DEBUG: \"0\"}}}}\n"
      "\n"
      "# A linked git worktree is an instance by the name of its folder; any other: --instance NAME.\n"
      "#instances:\n"
      "#  feature-x: {services: {" +
      config::as_yaml_scalar(services.front().name) + ": {tags: [beta]}}}\n";
  return text;
}

Outcome<void> write(const fs::path& file, const std::string& content, Previous previous) {
  std::error_code ignored;
  const bool is_new = !fs::exists(file, ignored);
  if (auto written = write_config_file(file, config::Scope::project, content, previous); !written) return written;
  if (!is_new) return {};
  // A project's files are for everybody who may read the project.
  fs::permissions(file, fs::perms::owner_write | fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read,
                  ignored);
  return {};
}

// The section in place of the one that is there, else after everything else.
std::string with_section(const std::string& content) {
  const std::size_t begin = content.find(section_begin);
  const std::size_t end = content.find(section_end);
  if (begin != std::string::npos && end != std::string::npos && begin < end) {
    const std::size_t after = content.find('\n', end);
    const std::string rest = after == std::string::npos ? "" : content.substr(after + 1);
    return content.substr(0, begin) + std::string(agents_section) + rest;
  }
  std::string text = content;
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  if (!text.empty()) text += '\n';
  return text + std::string(agents_section);
}

Outcome<fs::path> write_agents(const fs::path& root) {
  constexpr std::size_t largest = 4'194'304;
  fs::path file = root / "AGENTS.md";
  const auto content = read_file(file, largest);
  if (!content && content.error().problem != Problem::not_found) {
    return Failure{Exit::configuration, content.error().detail};
  }
  const std::string before = content ? *content : "";
  if (const std::string text = with_section(before); text != before) {
    if (auto written = write(file, text, Previous::dropped); !written) return written.error();
  }
  return file;
}

// The names that the folder has had until now. With a broken file that is written anew: as they are without it.
Outcome<Key> key_here(Environment environment, bool written_anew) {
  environment.variables.erase("PORTD_LEASE");  // whatever portc run calls what it has started here
  const auto derived = derive({}, environment);
  if (derived) return derived->key;
  if (!written_anew) return derived.error();
  const auto around = config::look_around(environment.folder, {}, environment.variables);
  if (!around) return failure_from(around.error());
  const auto manifest = config::manifest_name_in(around->folder);
  if (!manifest) return failure_from(manifest.error());
  const bool is_checkout = around->checkout && around->checkout->root == around->folder;
  const std::string of_folder = is_checkout ? around->checkout->main_name : around->folder.filename().string();
  return Key{config::project_name_around(*around, std::nullopt), config::project_name(manifest->value_or(of_folder))};
}

// Writes the project's file; `there`: the one that it replaces.
Outcome<fs::path> write_project(Session& session, const std::optional<fs::path>& there) {
  const fs::path folder = session.environment().folder;
  if (there && there->extension() == ".json") {
    return Failure{Exit::conflict, there->string() + " is there; one of the two is enough, remove it first"};
  }
  const auto key = key_here(session.environment(), there.has_value());
  if (!key) return key.error();
  std::vector<std::string> unread;
  const auto services = survey(folder, key->service, &unread);
  for (const std::string& why : unread) session.note("not taken over: " + why);
  fs::path file = folder / "portd.yaml";
  const std::string text = file_text(schema_url(session), key->project, services);
  if (auto written = write(file, text, Previous::kept); !written) return written.error();
  return file;
}

Outcome<Exit> print(Session& session, const std::vector<fs::path>& made) {
  Json files = Json::array();
  for (const fs::path& file : made) files.push_back(file.string());
  if (session.json()) {
    session.print(Json{{"files", std::move(files)}});
  } else {
    for (const fs::path& file : made) session.print_line("wrote " + file.string());
  }
  return Exit::yes;
}

Outcome<Exit> init(Session& session, const InitOptions& options) {
  const fs::path folder = session.environment().folder;
  const auto there = config::project_file_in(folder);
  if (!there) return failure_from(there.error());
  if (*there && !options.force && !options.agents) {
    return Failure{Exit::conflict, (*there)->string() +
                                       " is there already; change it with portc config set, or write "
                                       "it anew with --force"};
  }
  std::vector<fs::path> made;
  if (!*there || options.force) {
    auto file = write_project(session, *there);
    if (!file) return file.error();
    made.push_back(std::move(*file));
  }
  if (options.agents) {
    auto file = write_agents(folder);
    if (!file) {
      if (!made.empty()) (void)print(session, made);
      return file.error();
    }
    made.push_back(std::move(*file));
  }
  return print(session, made);
}

Run declare_init(CLI::App& app) {
  const auto options = std::make_shared<InitOptions>();
  app.add_flag("--agents", options->agents,
               "Also a section for coding agents in AGENTS.md, or that alone where "
               "portd.yaml is there already");
  app.add_flag("--force", options->force, "Write portd.yaml anew; the old one is kept as portd.yaml~");
  return [options](Session& session) { return init(session, *options); };
}

}  // namespace

Verb init_verb() {
  return {"init", "Write a portd.yaml for the project in this folder",
          "It looks for Flask, Node and compose files, keeps the names that the folder's services have had until now,\n"
          "and explains itself in comments.\n"
          "\n"
          "Examples:\n"
          "  portc init\n"
          "  portc init --agents",
          declare_init};
}

}  // namespace portd::client
