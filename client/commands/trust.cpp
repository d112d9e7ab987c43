#include "client/trust.hpp"

#include <memory>

#include "client/commands/commands.hpp"
#include "client/config_file.hpp"
#include "client/shown_settings.hpp"

namespace portd::client {
namespace {

struct TrustOptions {
  bool check = false;
  bool list = false;
};

Outcome<config::Project> project_here(const Environment& environment) {
  const auto sources = sources_here({}, environment);
  if (!sources) return sources.error();
  if (!*sources) {
    return Failure{Exit::not_found, "there is no portd.yaml in this folder or above it; make one with: portc init"};
  }
  config::LoadedProject loaded = config::load_project(**sources);
  if (config::has_errors(loaded.mistakes)) return failure_from(config::error_of(loaded.mistakes));
  return std::move(loaded.project);
}

// What one of the project's environments or instances runs.
struct View {
  std::string name;
  config::Project project;
};

// Where a command may differ; the schema allows 50 of each.
std::vector<View> views_of(const config::Project& project) {
  std::vector<View> views;
  const auto add = [&](const std::string& name, const config::ProjectSources& sources) {
    views.push_back({name, config::load_project(sources).project});
  };
  for (const std::string& name : project.environments) add(name, {.file = project.file, .environment = name});
  for (const std::string& name : project.instances) add(name, {.file = project.file, .instance = name});
  return views;
}

// A line for the shell as it stands there; of a program and its arguments each in quotes where it has to be.
std::string text_of(const config::ProjectCommand& command) {
  if (command.shell) return command.argv.front();
  return value_text(Json(command.argv));
}

// What a service runs, and where; empty: nothing.
std::string what_runs(const config::ProjectService* service) {
  if (service == nullptr || !service->command) return "";
  return text_of(*service->command) + " in " + service->cwd.string();
}

Outcome<Exit> check(Session& session, const Trust& trust, const config::Project& project) {
  const auto trusted = trust.covers(project);
  if (!trusted) return trusted.error();
  if (session.json()) session.print(Json{{"file", project.file.string()}, {"trusted", *trusted}});
  if (*trusted) {
    if (!session.json()) session.print_line(project.file.string() + " is trusted");
    return Exit::yes;
  }
  return Failure{Exit::not_allowed, project.file.string() +
                                        " is not trusted, or was edited since; read its commands, "
                                        "then: portc trust"};
}

Outcome<Exit> list(Session& session, const Trust& trust) {
  const auto files = trust.files();
  if (!files) return files.error();
  if (session.json()) {
    session.print(Json{{"files", *files}});
  } else {
    for (const std::string& file : *files) session.print_line(file);
  }
  return Exit::yes;
}

Outcome<Exit> give(Session& session, Trust& trust, const config::Project& project) {
  Json commands = Json::object();
  Json elsewhere = Json::object();
  Table table({"SERVICE", "COMMAND", "FOLDER"});
  for (const auto& service : project.services) {
    if (!service.command) continue;
    commands[service.name] = text_of(*service.command);
    table.add({service.name, text_of(*service.command), service.cwd.string()});
  }
  for (const View& view : views_of(project)) {
    for (const auto& service : view.project.services) {
      if (!service.command || what_runs(project.find(service.name)) == what_runs(&service)) continue;
      elsewhere[view.name][service.name] = text_of(*service.command);
      table.add({service.name + " in " + view.name, text_of(*service.command), service.cwd.string()});
    }
  }
  const FileLock lock = lock_configuration(session.environment());
  if (auto given = trust.give(project); !given) return given.error();
  if (session.json()) {
    session.print(Json{{"file", project.file.string()},
                       {"trusted", true},
                       {"commands", std::move(commands)},
                       {"elsewhere", std::move(elsewhere)}});
    return Exit::yes;
  }
  if (!table.empty()) session.print(table);
  session.note(project.file.string() + " is trusted until it is edited");
  return Exit::yes;
}

Outcome<Exit> trust_here(Session& session, const TrustOptions& options) {
  Trust trust(session.environment().paths());
  if (options.list) return list(session, trust);
  const auto project = project_here(session.environment());
  if (!project) return project.error();
  return options.check ? check(session, trust, *project) : give(session, trust, *project);
}

// As Trust has its files: without symbolic links. The file itself may be gone by now.
Outcome<std::filesystem::path> file_to_untrust(const std::string& stated, const Environment& environment) {
  std::filesystem::path file = environment.folder / stated;
  if (stated.empty()) {
    const auto sources = sources_here({}, environment);
    if (!sources) return sources.error();
    if (!*sources) return Failure{Exit::not_found, "there is no portd.yaml here; name one of: portc trust --list"};
    file = (*sources)->file;
  }
  std::error_code failed;
  std::filesystem::path canonical = std::filesystem::weakly_canonical(file, failed);
  return failed ? file.lexically_normal() : canonical;
}

Outcome<Exit> untrust_here(Session& session, const std::string& stated) {
  Trust trust(session.environment().paths());
  const auto found = file_to_untrust(stated, session.environment());
  if (!found) return found.error();
  const std::filesystem::path& file = *found;
  const FileLock lock = lock_configuration(session.environment());
  const auto taken = trust.take(file);
  if (!taken) return taken.error();
  if (!*taken) return Failure{Exit::not_found, file.string() + " is not trusted"};
  if (session.json()) {
    session.print(Json{{"file", file.string()}, {"trusted", false}});
  } else {
    session.print_line(file.string() + " is no longer trusted");
  }
  return Exit::yes;
}

Run declare_trust(CLI::App& app) {
  const auto options = std::make_shared<TrustOptions>();
  auto* check = app.add_flag("--check", options->check, "Only tell whether it is: exit 77 when not");
  app.add_flag("--list", options->list, "The files that are trusted, or were before they were edited")->excludes(check);
  return [options](Session& session) { return trust_here(session, *options); };
}

Run declare_untrust(CLI::App& app) {
  const auto file = std::make_shared<std::string>();
  app.add_option("FILE", *file, "A project file (default: that of this folder)");
  return [file](Session& session) { return untrust_here(session, *file); };
}

}  // namespace

Verb trust_verb() {
  return {
      "trust", "Allow the commands of this project's portd.yaml to run",
      "A portd.yaml that came with a repository is data only until it is trusted. Any edit of it, or of a file that\n"
      "it extends, takes the trust back.\n"
      "\n"
      "Examples:\n"
      "  portc trust                 shows the commands that are trusted by it\n"
      "  portc trust --check || echo not yet",
      declare_trust};
}

Verb untrust_verb() {
  return {"untrust", "Take the trust in a portd.yaml back",
          "Examples:\n"
          "  portc untrust\n"
          "  portc untrust ~/src/shop/portd.yaml",
          declare_untrust};
}

}  // namespace portd::client
