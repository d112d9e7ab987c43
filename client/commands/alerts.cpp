#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

#include "client/commands/commands.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

struct AlertsOptions {
  std::string action;
  std::string id;
  bool all = false;
};

Table table_of(const std::vector<Alert>& alerts) {
  Table table({"ID", "KIND", "SUBJECT", "STATE", "COUNT", "SINCE", "DETAIL"});
  for (const Alert& alert : alerts) {
    table.add({alert.id, std::string(to_text(alert.kind)), alert.subject, std::string(to_text(alert.state)),
               std::to_string(alert.count), to_rfc3339(alert.since), alert.detail});
  }
  return table;
}

bool is_id(const std::string& id) {
  return !id.empty() &&
         std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

void drop_resolved(AlertList& list) {
  std::erase_if(list.alerts, [](const Alert& alert) { return alert.state == AlertState::resolved; });
  Json& alerts = list.json["alerts"];
  Json kept = Json::array();
  for (Json& alert : alerts) {
    if (alert["state"] != Json(to_text(AlertState::resolved))) kept.push_back(std::move(alert));
  }
  alerts = std::move(kept);
}

Outcome<Exit> list_alerts(Session& session, bool all) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  auto list = (*portd)->alerts();
  if (!list) return list.error();
  if (!all) drop_resolved(*list);
  if (session.json()) {
    session.print(list->json);
    return Exit::yes;
  }
  session.print(table_of(list->alerts));
  if (list->alerts.empty()) session.note(all ? "no alerts since portd started" : "no alerts; those resolved: --all");
  return Exit::yes;
}

Outcome<Exit> acknowledge(Session& session, const std::string& id) {
  if (!is_id(id)) {
    return Failure{Exit::usage, in_quotes(id) + " is no id of an alert; portc alerts lists them"};
  }
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto answer = (*portd)->acknowledge(id);
  if (!answer) return answer.error();
  if (session.json()) {
    session.print(answer->json);
  } else {
    session.print(table_of(answer->alerts));
  }
  return Exit::yes;
}

Outcome<Exit> run(Session& session, const AlertsOptions& options) {
  if (options.action.empty()) return list_alerts(session, options.all);
  if (options.id.empty()) return Failure{Exit::usage, "ack needs the ID of an alert; portc alerts lists them"};
  if (options.all) return Failure{Exit::usage, "--all is of the list; leave it out"};
  return acknowledge(session, options.id);
}

Run declare_alerts(CLI::App& app) {
  const auto options = std::make_shared<AlertsOptions>();
  app.add_option("ACTION", options->action, "ack: say that somebody knows")->check(CLI::IsMember({"ack"}));
  app.add_option("ID", options->id, "Of the alert to acknowledge");
  app.add_flag("--all", options->all, "Also the newest of those that are resolved");
  return [options](Session& session) { return run(session, *options); };
}

}  // namespace

Verb alerts_verb() {
  return {"alerts", "List what a person should know, or acknowledge it",
          "An alert that is acknowledged stays so until it is resolved; raised after that, it is another one.\n"
          "\n"
          "Examples:\n"
          "  portc alerts\n"
          "  portc alerts ack a-9f0c2d41-7\n"
          "  portc alerts --all --json | jq -r '.alerts[].facts.pid'",
          declare_alerts};
}

}  // namespace portd::client
