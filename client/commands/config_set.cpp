#include <memory>

#include "client/config_actions.hpp"
#include "client/config_file.hpp"
#include "client/shown_settings.hpp"
#include "common/wording.hpp"
#include "config/source_text.hpp"
#include "config/validation.hpp"

namespace portd::client {
namespace {

struct SetOptions {
  ConfigOptions config;
  std::string file;
  std::string key;
  std::string value;
};

// What the command line says, read as the schema has it there.
Outcome<Json> value_for(const config::KeyPath& path, const SetOptions& options) {
  const config::Scope scope =
      config::in_scope(path[0], config::Scope::project) ? config::Scope::project : config::Scope::daemon;
  std::vector<config::Mistake> mistakes;
  const config::Value layer = config::flag_layer({{options.key + "=" + options.value, options.key}}, scope, mistakes);
  const config::Value* value = config::find(layer, path);
  if (value == nullptr || value->type == config::Value::Type::null) {
    return Failure{Exit::usage, "null takes a setting away; write: portc config unset " + options.key};
  }
  config::validate(layer, scope, mistakes);
  if (mistakes.empty()) return Json(config::as_json(*value));
  return Failure{Exit::usage, mistakes.front().key + " " + mistakes.front().message};
}

Outcome<Exit> set(Session& session, const SetOptions& options) {
  const auto path = config::parse_key(options.key);
  if (!path) return failure_from(path.error());
  if (options.key.find('=') != std::string::npos) {
    return Failure{Exit::usage,
                   in_quotes(options.key) + " is not a key; write KEY and VALUE as two words, without \"=\""};
  }
  const auto value = value_for(*path, options);
  if (!value) return value.error();
  const FileLock lock = lock_configuration(session.environment());
  const auto file = file_for(*path, options.file, options.config, session.environment());
  if (!file) return file.error();
  const bool json = file->path.extension() == ".json";
  const auto edit = config::setting_of(parse(*file), *path, json ? value->dump() : value_text(*value));
  if (!edit) return Failure{Exit::configuration, file->path.string() + ": " + edit.error().detail};
  const std::string content = config::apply(file->content, {*edit});
  if (const auto replaced = replace_content(session, *file, content, options.config); !replaced) return replaced;
  session.note(options.key + " is " + value_text(*value) + " in " + file->path.string());
  return Exit::yes;
}

Run declare_config_set(CLI::App& app) {
  const auto options = std::make_shared<SetOptions>();
  add_config_options(app, options->config);
  app.add_option("KEY", options->key, "Such as ports.strategy, or services.web.tags")->required();
  app.add_option("VALUE", options->value, "A word, a number, or a list or map as YAML writes it in one line")
      ->required();
  app.add_option("--file", options->file, "The file to change (default: the one that the key belongs in)");
  return [options](Session& session) { return set(session, *options); };
}

}  // namespace

Verb config_set_action() {
  return {
      "set", "Change one setting in its file, whose comments and order stay as they are",
      "Settings of portd go to the user's file, those of the project to its portd.yaml. What would not be valid is\n"
      "not written; what was there before is kept as FILE~. The running portd uses it at once.\n"
      "\n"
      "Examples:\n"
      "  portc config set ports.strategy next\n"
      "  portc config set ports.ranges.databases 15000-15099\n"
      "  portc config set ports.exclude '[25565, 24000-24099]'\n"
      "  portc config set services.web.tags beta,internal",
      declare_config_set};
}

}  // namespace portd::client
