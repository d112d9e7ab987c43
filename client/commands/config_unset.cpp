#include <memory>

#include "client/config_actions.hpp"
#include "client/config_file.hpp"
#include "common/wording.hpp"
#include "config/source_text.hpp"

namespace portd::client {
namespace {

struct UnsetOptions {
  ConfigOptions config;
  std::string file;
  std::string key;
};

Outcome<Exit> unset(Session& session, const UnsetOptions& options) {
  const auto path = config::parse_key(options.key);
  if (!path) return failure_from(path.error());
  const FileLock lock = lock_configuration(session.environment());
  const auto file = file_for(*path, options.file, options.config, session.environment());
  if (!file) return file.error();
  const config::Document document = parse(*file);
  if (config::has_errors(document.mistakes)) {
    print_mistakes(session, document.mistakes);
    return Failure{Exit::configuration, file->path.string() + " cannot be read; mend it first: portc config edit"};
  }
  const config::Value* value = config::find(document.root, *path);
  if (value == nullptr) {
    return Failure{Exit::not_found, options.key + " is not stated in " + file->path.string() +
                                        "; see where it comes from: portc config show --origin"};
  }
  const std::string content = config::apply(file->content, {config::removal_of(document.root, *value)});
  if (content == file->content) {
    return Failure{Exit::configuration,
                   "cannot take " + options.key + " out of " + file->path.string() + " safely; edit it by hand"};
  }
  if (const auto replaced = replace_content(session, *file, content, options.config); !replaced) return replaced;
  session.note(options.key + " is no longer stated in " + file->path.string());
  return Exit::yes;
}

Run declare_config_unset(CLI::App& app) {
  const auto options = std::make_shared<UnsetOptions>();
  add_config_options(app, options->config);
  app.add_option("KEY", options->key, "Such as ports.strategy")->required();
  app.add_option("--file", options->file, "The file to change (default: the one that the key belongs in)");
  return [options](Session& session) { return unset(session, *options); };
}

}  // namespace

Verb config_unset_action() {
  return {"unset", "Take one setting out of its file, whose comments and order stay as they are",
          "Exit 3 when the file does not state it.\n"
          "\n"
          "Examples:\n"
          "  portc config unset ports.strategy\n"
          "  portc config unset services.web.tags",
          declare_config_unset};
}

}  // namespace portd::client
