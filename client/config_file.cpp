#include "client/config_file.hpp"

#include <algorithm>

#include "common/file.hpp"
#include "config/machine.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

bool same_file(const std::string& a, const fs::path& b) {
  std::error_code ignored;
  return fs::path(a) == b || fs::equivalent(a, b, ignored);
}

std::string joined(const Json& names) {
  std::string text;
  for (const Json& name : names) {
    if (name.is_string()) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  }
  return text;
}

// Has the running portd read its file again; nothing where there is none, or where it has another file.
void tell_portd(Session& session, const ConfigFile& file) {
  auto portd = session.running_portd();
  if (!portd) return;
  const auto seen = (*portd)->configuration();
  if (!seen || !seen->json.value("file", Json()).is_string()) return;
  if (!same_file(seen->json.at("file").get<std::string>(), file.path)) return;
  const auto used = (*portd)->configure(Json{{"content", seen->json.at("content")}}, seen->etag);
  if (!used) return session.note("it is written, but portd does not use it yet: " + used.error().detail);
  const std::string later = joined(used->json.value("restart_needed", Json::array()));
  session.note(later.empty() ? "portd uses it now"
                             : "portd uses it now, but for " + later + ": portc daemon stop, portc daemon start");
}

}  // namespace

Outcome<ConfigFile> read_config_file(const fs::path& path, config::Scope scope) {
  auto content = read_file(path, config::largest_document);
  if (content) return ConfigFile{path, scope, std::move(*content)};
  if (content.error().problem == Problem::not_found) return ConfigFile{path, scope};
  return Failure{Exit::configuration, content.error().detail};
}

Outcome<ConfigFile> file_for(const config::KeyPath& path, const std::string& stated, const ConfigOptions& options,
                             const Environment& environment) {
  const bool project = config::in_scope(path[0], config::Scope::project);
  const config::Scope scope = project ? config::Scope::project : config::Scope::daemon;
  if (!stated.empty()) return read_config_file(environment.folder / stated, scope);
  if (!project) {
    const auto file = user_file(options, environment);
    if (!file) return file.error();
    return read_config_file(*file, scope);
  }
  const auto sources = sources_here(options, environment);
  if (!sources) return sources.error();
  if (*sources) return read_config_file((*sources)->file, scope);
  return Failure{Exit::not_found, config::key_text(path) +
                                      " is of a project, and there is no portd.yaml in this folder or above it; make "
                                      "one with: portc init"};
}

config::Document parse(const ConfigFile& file) {
  const config::Layer layer = file.scope == config::Scope::daemon ? config::Layer::user : config::Layer::project;
  return config::read_text(file.path, file.content, layer);
}

std::vector<config::Mistake> check(const ConfigFile& file, const std::string& content, const ConfigOptions& options,
                                   const Environment& environment) {
  if (file.scope == config::Scope::project) {
    config::ProjectSources sources{.file = file.path, .variables = environment.variables};
    sources.content = content;
    return config::load_project(sources).mistakes;
  }
  config::Sources sources = daemon_sources(options, environment);
  const auto same = [&file](const config::SettingsFile& each) { return same_file(each.path.string(), file.path); };
  if (std::ranges::none_of(sources.files, same)) sources.files = {{file.path}};
  for (config::SettingsFile& each : sources.files) {
    if (same(each)) return config::load_settings_with(sources, each.path, content, config::this_machine()).mistakes;
  }
  return {};
}

Outcome<void> write_config_file(const fs::path& path, config::Scope scope, const std::string& content,
                                Previous previous) {
  std::error_code ignored;
  if (scope == config::Scope::project && fs::is_symlink(path, ignored)) {
    return Failure{Exit::not_allowed, path.string() +
                                          " is a symbolic link, and a project's file is not written through "
                                          "one; put the file itself there"};
  }
  if (const auto written = replace_durably(path, content, previous); !written) {
    return Failure{Exit::no, written.error().detail};
  }
  return {};
}

FileLock lock_configuration(const Environment& environment) {
  return FileLock(environment.paths().configuration_lock());
}

Outcome<Exit> replace_content(Session& session, const ConfigFile& file, const std::string& content,
                              const ConfigOptions& options) {
  const auto mistakes = check(file, content, options, session.environment());
  if (!mistakes.empty()) print_mistakes(session, mistakes);
  if (config::has_errors(mistakes)) {
    return Failure{Exit::configuration, file.path.string() + " is as it was: with that it would not be valid"};
  }
  const auto now = read_config_file(file.path, file.scope);
  if (!now) return now.error();
  if (now->content != file.content) {
    return Failure{Exit::conflict, file.path.string() + " was changed meanwhile; nothing is written, try again"};
  }
  if (const auto written = write_config_file(file.path, file.scope, content); !written) return written.error();
  if (file.scope == config::Scope::daemon) tell_portd(session, file);
  return Exit::yes;
}

}  // namespace portd::client
