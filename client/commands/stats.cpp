#include <CLI/App.hpp>
#include <array>
#include <cstdio>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/json_cell.hpp"
#include "client/key_options.hpp"
#include "client/moment.hpp"
#include "client/query.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

// "3 grants, 1 release": counts and what is counted, in one and in several.
using Words = std::vector<std::array<const char*, 3>>;

std::string counts_of(const Json& json, const Words& words) {
  std::string text;
  for (const auto& [field, one, many] : words) {
    const std::string count = json_cell(json, field);
    text += (text.empty() ? "" : ", ") + (count.empty() ? "0" : count) + " " + (count == "1" ? one : many);
  }
  return text;
}

std::string percent_of(const Json& service) {
  const auto uptime = service.find("uptime");
  if (uptime == service.end() || !uptime->is_number()) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f %%", 100 * uptime->get<double>());
  return text.data();
}

std::string millis_of(const Json& service, const char* field) {
  const auto latency = service.find("latency_ms");
  if (latency == service.end() || !latency->is_object()) return "";
  const auto value = latency->find(field);
  if (value == latency->end() || !value->is_number()) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", value->get<double>());
  return text.data();
}

Table table_of(const Json& services, const std::string& project_here) {
  Table table({"SERVICE", "UPTIME", "CHECKS", "FAILURES", "AVG", "P95", "MAX"});
  for (const Json& service : services) {
    const InstanceKey key{json_cell(service, "project"), json_cell(service, "service"), json_cell(service, "instance")};
    table.add({name_here(key, project_here), percent_of(service), json_cell(service, "checks"),
               json_cell(service, "failures"), millis_of(service, "avg"), millis_of(service, "p95"),
               millis_of(service, "max")});
  }
  return table;
}

void print_stats(Session& session, const Json& stats) {
  session.print_line("since " + local_time(json_cell(stats, "since")) + ": " +
                     counts_of(stats, {{"grants", "grant", "grants"},
                                       {"releases", "release", "releases"},
                                       {"expired", "expired", "expired"},
                                       {"moves", "move", "moves"},
                                       {"conflicts", "conflict", "conflicts"}}));
  const Json ports = stats.value("ports", Json());
  session.print_line("ports now: " + counts_of(ports, {{"leased", "leased", "leased"},
                                                       {"listening", "of them listening", "of them listening"},
                                                       {"foreign", "foreign", "foreign"}}));
  const Table services = table_of(stats.value("services", Json::array()), project_of_folder(session.environment()));
  if (!services.empty()) session.print(services);
}

Outcome<Exit> show_stats(Session& session, const std::string& window) {
  if (!parse_duration(window)) {
    return Failure{Exit::usage, "--window is a duration such as 24h or 7d, not " + in_quotes(window)};
  }
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto stats = (*portd)->stats(Query().add("window", window).text());
  if (!stats) return stats.error();
  if (session.json()) {
    session.print(*stats);
  } else {
    print_stats(session, *stats);
  }
  return Exit::yes;
}

Run declare_stats(CLI::App& app) {
  const auto window = std::make_shared<std::string>("24h");
  app.add_option("--window", *window, "How far back to count")->capture_default_str();
  return [window](Session& session) { return show_stats(session, *window); };
}

}  // namespace

Verb stats_verb() {
  return {"stats", "Count grants, conflicts and how services were, over a while",
          "How many ports were leased, listening and foreign over time is in --json.\n"
          "\n"
          "Examples:\n"
          "  portc stats\n"
          "  portc stats --window 7d\n"
          "  portc stats --json | jq '.services[] | {service, uptime}'",
          declare_stats};
}

}  // namespace portd::client
