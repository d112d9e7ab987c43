#include <memory>

#include "client/config_actions.hpp"
#include "client/shown_settings.hpp"

namespace portd::client {
namespace {

struct ShowOptions {
  ConfigOptions config;
  bool origin = false;
};

Json json_of(const config::ShownSetting& setting) {
  return {{"key", setting.key}, {"value", setting.value}, {"layer", to_text(setting.layer)}, {"where", setting.where}};
}

Outcome<Exit> show(Session& session, const ShowOptions& options) {
  const auto settings = shown_settings(session, options.config);
  if (!settings) return settings.error();
  if (session.json()) {
    Json list = Json::array();
    for (const auto& setting : *settings) list.push_back(json_of(setting));
    session.print(Json{{"settings", std::move(list)}});
    return Exit::yes;
  }
  Table table(options.origin ? std::vector<std::string>{"KEY", "VALUE", "LAYER", "WHERE"}
                             : std::vector<std::string>{"KEY", "VALUE"});
  for (const auto& setting : *settings) {
    std::vector<std::string> cells{setting.key, value_text(setting.value)};
    if (options.origin) {
      cells.emplace_back(to_text(setting.layer));
      cells.push_back(setting.layer == config::Layer::built_in ? "" : setting.where);
    }
    table.add(std::move(cells));
  }
  session.print(table);
  return Exit::yes;
}

Run declare_config_show(CLI::App& app) {
  const auto options = std::make_shared<ShowOptions>();
  add_config_options(app, options->config);
  app.add_flag("--origin", options->origin, "The layer that each value comes from, and the place in it");
  return [options](Session& session) { return show(session, *options); };
}

}  // namespace

Verb config_show_action() {
  return {"show", "Every setting with its value: of the running portd, and of the project in this folder",
          "Layers, weakest first: built-in, system, user; project (with what it extends), environment, instance;\n"
          "variable, flag. When no portd runs, its settings are those that it would start with.\n"
          "\n"
          "Examples:\n"
          "  portc config show --origin\n"
          "  portc config show --env testing --json | jq '.settings[]'",
          declare_config_show};
}

}  // namespace portd::client
