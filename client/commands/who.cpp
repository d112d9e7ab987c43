#include <memory>

#include "client/commands/commands.hpp"
#include "client/occupant.hpp"
#include "client/port_explanation.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

Table table_of(const std::vector<Listener>& listeners) {
  Table table({"PROTO", "ADDRESS", "PID", "USER", "COMMAND", "CWD"});
  for (const Listener& listener : listeners) {
    const auto& process = listener.process;
    table.add({std::string(to_text(listener.protocol)), listener.address,
               process ? std::to_string(process->id.pid) : "", listener.user,
               process ? short_command(process->command) : "", process ? process->cwd : ""});
  }
  return table;
}

void print_report(Session& session, const PortReport& report, const Viewpoint& view) {
  session.print_line(reason_of(report, view));
  if (!report.listeners.empty()) session.print(table_of(report.listeners));
  for (const Occupant& occupant : occupants_of(report, view)) {
    for (const std::string& sentence : story_of(occupant, view)) session.print_line(sentence);
  }
  for (const std::string& remark : remarks_of(report)) session.print_line(remark);
  session.print_line("next: " + next_step_of(report, view));
}

Outcome<Exit> explain(Session& session, const std::string& text) {
  const auto port = Port::parse(text);
  if (!port) return failure_from(port.error());
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto found = (*portd)->find(*port);
  if (!found) return found.error();
  if (session.json()) {
    session.print(found->json);
    return Exit::yes;
  }
  print_report(session, found->report, viewpoint_of(session.environment(), (*portd)->connection()));
  return Exit::yes;
}

Run declare_who(CLI::App& app) {
  const auto port = std::make_shared<std::string>();
  app.add_option("PORT", *port, "1 to 65535")->required();
  return [port](Session& session) { return explain(session, *port); };
}

}  // namespace

Verb who_verb() {
  return {"who", "Say who has a port, and why",
          "The verdict is free, reserved, listening, contested, foreign, excluded or blocked; the exit code is 0 for\n"
          "each of them. What follows `next:` is the command that frees the port or leads on.\n"
          "\n"
          "Examples:\n"
          "  portc who 8080\n"
          "  portc who 20123 --json | jq -r .verdict",
          declare_who};
}

}  // namespace portd::client
