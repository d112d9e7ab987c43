#include <memory>

#include "client/config_actions.hpp"
#include "client/configuration.hpp"

namespace portd::client {
namespace {

struct PathOptions {
  ConfigOptions config;
  bool all = false;
};

struct FoundFile {
  config::Layer layer;
  std::filesystem::path path;
};

Outcome<std::vector<FoundFile>> all_files(const PathOptions& options, const Environment& environment) {
  std::vector<FoundFile> files;
  for (const auto& file : daemon_sources(options.config, environment).files) files.push_back({file.layer, file.path});
  const auto sources = sources_here(options.config, environment);
  if (!sources) return sources.error();
  if (*sources) {
    for (const auto& path : config::load_project(**sources).project.files) {
      files.push_back({config::Layer::project, path});
    }
  }
  return files;
}

bool lies_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Outcome<Exit> print_all(Session& session, const std::vector<FoundFile>& files) {
  Json list = Json::array();
  Table table({"LAYER", "FILE", "THERE"});
  for (const FoundFile& file : files) {
    list.push_back({{"layer", to_text(file.layer)}, {"file", file.path.string()}, {"exists", lies_there(file.path)}});
    table.add({std::string(to_text(file.layer)), file.path.string(), lies_there(file.path) ? "yes" : "no"});
  }
  if (session.json()) {
    session.print(Json{{"files", std::move(list)}});
  } else {
    session.print(table);
  }
  return Exit::yes;
}

Outcome<Exit> path(Session& session, const PathOptions& options) {
  if (options.all || session.json()) {
    const auto files = all_files(options, session.environment());
    if (!files) return files.error();
    return print_all(session, *files);
  }
  const auto file = user_file(options.config, session.environment());
  if (!file) return file.error();
  session.print_line(file->string());
  return Exit::yes;
}

Run declare_config_path(CLI::App& app) {
  const auto options = std::make_shared<PathOptions>();
  add_config_options(app, options->config);
  app.add_flag("--all", options->all, "Every file, in the order of the layers, and whether it is there");
  return [options](Session& session) { return path(session, *options); };
}

}  // namespace

Verb config_path_action() {
  return {"path", "Where the user's file lies, or would",
          "Examples:\n"
          "  $EDITOR \"$(portc config path)\"\n"
          "  portc config path --all",
          declare_config_path};
}

}  // namespace portd::client
