#include "client/commands/commands.hpp"
#include "client/health_table.hpp"

namespace portd::client {
namespace {

Outcome<Exit> print_health(Session& session) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto health = (*portd)->health();
  if (!health) return health.error();
  if (session.json()) {
    session.print(*health);
  } else {
    session.print(health_table(*health));
  }
  return health->value("status", "") == "ok" ? Exit::yes : Exit::no;
}

Run declare(CLI::App&) { return print_health; }

}  // namespace

Verb health_verb() {
  return {"health", "Show whether portd itself is well; exit 0 when ok, 1 when degraded",
          "Examples:\n"
          "  portc health\n"
          "  portc health --json | jq .store",
          declare};
}

}  // namespace portd::client
