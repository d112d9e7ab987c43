#include <CLI/App.hpp>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/instance_text.hpp"
#include "client/json_cell.hpp"
#include "client/key_options.hpp"
#include "client/moment.hpp"
#include "client/query.hpp"

namespace portd::client {
namespace {

struct HistoryOptions {
  std::string port;
  std::string service;
  std::string since;
  std::string until;
  std::string at;
  int limit = 0;  // 0: portd's
};

TimePoint wall_now() { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }

std::optional<Failure> add_moment(Query& query, const char* name, const std::string& stated) {
  if (stated.empty()) return std::nullopt;
  const auto moment = parse_moment(stated, "--" + std::string(name), wall_now());
  if (!moment) return moment.error();
  query.add(name, to_rfc3339(*moment));
  return std::nullopt;
}

std::optional<Failure> add_service(Query& query, const HistoryOptions& options, const Environment& environment) {
  if (options.service.empty()) return std::nullopt;
  KeyOptions key;
  key.key = options.service;
  const auto meant = derive_instances(key, environment);
  if (!meant) return meant.error();
  if (meant->project) query.add("project", *meant->project);
  if (meant->service) query.add("service", *meant->service);
  if (meant->instance) query.add("instance", *meant->instance);
  return std::nullopt;
}

Outcome<std::string> query_of(const HistoryOptions& options, const Environment& environment) {
  Query query;
  if (!options.port.empty()) {
    const auto port = Port::parse(options.port);
    if (!port) return failure_from(port.error());
    query.add("port", port->text());
  }
  if (auto failure = add_service(query, options, environment)) return *failure;
  for (const auto& [name, stated] :
       {std::pair("since", &options.since), std::pair("until", &options.until), std::pair("at", &options.at)}) {
    if (auto failure = add_moment(query, name, *stated)) return *failure;
  }
  if (options.limit > 0) query.add("limit", std::to_string(options.limit));
  return query.text();
}

// The service that had the port; of a program without a lease its user.
std::string who_of(const Json& entry, const std::string& project_here) {
  if (json_cell(entry, "service").empty()) return "user " + json_cell(entry, "user");
  return name_here(Key{json_cell(entry, "project"), json_cell(entry, "service"), json_cell(entry, "instance"),
                       json_cell(entry, "role")},
                   project_here);
}

std::string what_of(const Json& entry) {
  const std::string verdict = json_cell(entry, "verdict");
  return verdict.empty() ? json_cell(entry, "what") : verdict;
}

void print_entries(Session& session, const Json& page) {
  const std::string project = project_of_folder(session.environment());
  Table table({"PORT", "WHAT", "WHO", "FROM", "UNTIL", "REASON", "PID", "COMMAND"});
  for (const Json& entry : page.at("entries")) {
    const std::string until = json_cell(entry, "until");
    table.add({json_cell(entry, "port"), what_of(entry), who_of(entry, project), local_time(json_cell(entry, "from")),
               until.empty() ? "now" : local_time(until), json_cell(entry, "reason"), json_cell(entry, "pid"),
               in_short(json_cell(entry, "command"))});
  }
  if (table.empty()) return session.note("nobody, as far as portd knows");
  session.print(table);
  if (page.value("truncated", false)) session.note("there is more; narrow it with --port, --since and --until");
}

Outcome<Exit> show_history(Session& session, const HistoryOptions& options) {
  const auto query = query_of(options, session.environment());
  if (!query) return query.error();
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto page = (*portd)->history(*query);
  if (!page) return page.error();
  if (session.json()) {
    session.print(*page);
  } else {
    print_entries(session, *page);
  }
  return page->at("entries").empty() ? Exit::no : Exit::yes;
}

Run declare_history(CLI::App& app) {
  const auto options = std::make_shared<HistoryOptions>();
  auto* named = app.add_option("--port", options->port, "Only this port");
  app.add_option("PORT", options->port, "The same")->excludes(named);
  app.add_option("--service", options->service, "Only this service: [project/]service[@instance]");
  auto* since = app.add_option("--since", options->since, "Only what lasted after this: 2h (ago), 14:02, RFC 3339");
  auto* until = app.add_option("--until", options->until, "Only what had begun by this");
  app.add_option("--at", options->at, "Only what lasted at this moment")->excludes(since)->excludes(until);
  app.add_option("--limit", options->limit, "At most so many, the newest; 200 unless stated")
      ->check(CLI::Range(1, 1000));
  return [options](Session& session) { return show_history(session, *options); };
}

}  // namespace

Verb history_verb() {
  return {"history", "Show who had which port when, leased or not",
          "The newest first; times are local. Exit 1 when there is nothing to show.\n"
          "\n"
          "Examples:\n"
          "  portc history 5432\n"
          "  portc history 5432 --at 14:02\n"
          "  portc history --service shop/web --since 2h\n"
          "  portc history --since \"2026-11-24 14:00\" --until 2026-11-24T13:30:00Z --json | jq '.entries[].pid'",
          declare_history};
}

}  // namespace portd::client
