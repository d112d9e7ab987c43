#include "client/commands/commands.hpp"
#include "client/doctor/diagnosis.hpp"
#include "client/doctor/gather.hpp"

namespace portd::client {
namespace {

void print_as_json(Session& session, const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) list.push_back(to_json(finding));
  session.print(Json{{"ok", findings.empty()}, {"findings", std::move(list)}});
}

void print_for_people(Session& session, const Facts& facts, const std::vector<Finding>& findings) {
  if (findings.empty()) {
    const std::string where = facts.named.value_or(facts.url.value_or("its socket"));
    return session.print_line("all is well: portd " + facts.health.value("version", "") + " serves on " + where);
  }
  for (const Finding& finding : findings) {
    session.print_line(finding.id + ": " + finding.detail);
    session.print_line("  fix: " + finding.fix);
    if (finding.command) session.print_line("    $ " + *finding.command);
  }
}

Outcome<Exit> examine(Session& session) {
  const auto facts = gather(session);
  if (!facts) return facts.error();
  const std::vector<Finding> findings = diagnose(*facts);
  if (session.json()) {
    print_as_json(session, findings);
  } else {
    print_for_people(session, *facts, findings);
  }
  return findings.empty() ? Exit::yes : Exit::no;
}

Run declare_doctor(CLI::App&) { return &examine; }

}  // namespace

Verb doctor_verb() {
  return {"doctor", "Look for what is wrong with portd and the machine around it, and say what mends it",
          "Looks at the daemon, its files, settings, store and alerts, at its port, the ephemeral range, ::1, the disk "
          "and\n"
          "the limit of open files. Changes nothing and starts nothing. Exit 0 when all is well, 1 when not.\n"
          "\n"
          "Examples:\n"
          "  portc doctor\n"
          "  portc doctor --json | jq -r '.findings[].command'",
          declare_doctor};
}

}  // namespace portd::client
