#include <algorithm>
#include <memory>

#include "client/config_actions.hpp"
#include "client/shown_settings.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

struct GetOptions {
  ConfigOptions config;
  std::string key;
};

// The settings below a key as one map: "ports" of "ports.strategy", "ports.hold".
void add_below(Json& map, const std::string& key, const config::ShownSetting& setting) {
  const auto path = config::parse_key(setting.key.substr(key.size() + 1));
  Json* place = &map;
  if (!path) return;
  for (const std::string& name : *path) place = &(*place)[name];
  *place = setting.value;
}

Failure no_such_key(const std::string& key, const std::vector<config::ShownSetting>& settings) {
  std::vector<std::string_view> keys;
  for (const auto& setting : settings) keys.emplace_back(setting.key);
  return {Exit::not_found, in_quotes(key) + " is not set" + did_you_mean(key, keys)};
}

void print(Session& session, const Json& value) {
  if (session.json() || value.is_structured()) return session.print(value);
  session.print_line(value.is_string() ? value.get<std::string>() : value.dump());
}

Outcome<Exit> get(Session& session, const GetOptions& options) {
  const auto path = config::parse_key(options.key);
  if (!path) return failure_from(path.error());
  const std::string key = config::key_text(*path);
  const auto settings = shown_settings(session, options.config);
  if (!settings) return settings.error();
  Json below = Json::object();
  for (const auto& setting : *settings) {
    if (setting.key == key) {
      print(session, setting.value);
      return Exit::yes;
    }
    if (setting.key.starts_with(key + ".")) add_below(below, key, setting);
  }
  if (below.empty()) return no_such_key(key, *settings);
  print(session, below);
  return Exit::yes;
}

Run declare_config_get(CLI::App& app) {
  const auto options = std::make_shared<GetOptions>();
  add_config_options(app, options->config);
  app.add_option("KEY", options->key, "Such as ports.strategy, or services.web")->required();
  return [options](Session& session) { return get(session, *options); };
}

}  // namespace

Verb config_get_action() {
  return {"get", "The bare value of one setting; lists and maps as JSON; exit 3 when it is not set",
          "Examples:\n"
          "  portc config get ports.strategy\n"
          "  portc config get services.web.env",
          declare_config_get};
}

}  // namespace portd::client
