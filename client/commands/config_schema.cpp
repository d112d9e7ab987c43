#include "client/config_actions.hpp"
#include "config/schema.hpp"

namespace portd::client {
namespace {

Run declare_config_schema(CLI::App&) {
  return [](Session& session) -> Outcome<Exit> {
    session.print_safe(config::schema_text());
    return Exit::yes;
  };
}

}  // namespace

Verb config_schema_action() {
  return {"schema", "The JSON Schema of all files, for editors",
          "A running portd has it at /config/schema, too.\n"
          "\n"
          "Examples:\n"
          "  portc config schema > portd.schema.json",
          declare_config_schema};
}

}  // namespace portd::client
