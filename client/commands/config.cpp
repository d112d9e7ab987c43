#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/config_actions.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

std::array<Verb, 8> all_actions() {
  return {config_show_action(), config_get_action(),      config_set_action(),    config_unset_action(),
          config_edit_action(), config_validate_action(), config_schema_action(), config_path_action()};
}

// What the command line has beside an action, or in place of one.
Failure not_understood(const std::vector<std::string>& rest, bool has_action) {
  if (rest.empty()) return {Exit::usage, "config needs an action; see: portc config --help"};
  if (has_action) return {Exit::usage, in_quotes(rest.front()) + " was not expected; see: portc config --help"};
  std::vector<std::string_view> names;
  for (const Verb& action : all_actions()) names.push_back(action.name);
  return {Exit::usage, "config has no action " + in_quotes(rest.front()) + did_you_mean(rest.front(), names) +
                           (nearest(rest.front(), names).empty() ? "; see: portc config --help" : "")};
}

Run declare_config(CLI::App& app) {
  app.require_subcommand(0, 1);
  const auto actions = std::make_shared<std::vector<std::pair<CLI::App*, Run>>>();
  for (const Verb& action : all_actions()) {
    CLI::App* parser = app.add_subcommand(std::string(action.name), std::string(action.summary));
    parser->footer(std::string(action.examples));
    parser->fallthrough();
    actions->emplace_back(parser, action.declare(*parser));
  }
  app.allow_extras();  // after its actions were added, which would take it over
  return [actions, &app](Session& session) -> Outcome<Exit> {
    const auto chosen = std::ranges::find_if(*actions, [](const auto& each) { return each.first->parsed(); });
    const auto rest = app.remaining();
    if (chosen == actions->end() || !rest.empty()) return not_understood(rest, chosen != actions->end());
    return chosen->second(session);
  };
}

}  // namespace

Verb config_verb() {
  return {"config", "Show, change and check the configuration of portd and of the project",
          "Settings of portd lie in the user's file, those of a project in its portd.yaml; a key says by itself where\n"
          "it belongs.\n"
          "\n"
          "Examples:\n"
          "  portc config show --origin\n"
          "  portc config set ports.strategy next\n"
          "  portc config set services.web.ports '[http, debug]'\n"
          "  portc config validate",
          declare_config};
}

}  // namespace portd::client
