#include <array>
#include <cstdio>
#include <memory>
#include <utility>

#include "client/colour.hpp"
#include "client/commands/commands.hpp"
#include "client/health_table.hpp"
#include "client/instance_text.hpp"
#include "client/key_options.hpp"
#include "client/terminal_text.hpp"

namespace portd::client {
namespace {

Outcome<Exit> print_health_of_portd(Session& session) {
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

std::string latency_of(const CheckReport& report) {
  if (!report.latency) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", static_cast<double>(report.latency->count()) / 1000);
  return text.data();
}

// "web@blue  critical  http://localhost:20123  connection refused"
std::string heading_of(const Instance& instance, const std::string& name, bool colour) {
  std::string text =
      escaped(name) + "  " + in_colour(to_text(instance.status), colour) + "  " + escaped(instance.url());
  if (const std::string reason = reason_of(instance); !reason.empty()) text += "  " + escaped(reason);
  return text + "\n";
}

void print_checks(Session& session, const Instance& instance) {
  if (instance.checks.empty()) return session.print_line("no checks; add one with: portc register --check");
  Table table({"CHECK", "TYPE", "STATUS", "LATENCY", "OUTPUT"});
  for (const CheckReport& report : instance.checks) {
    table.add({report.check.id, std::string(to_text(report.check.type)), std::string(to_text(report.status)),
               latency_of(report), in_short(report.output)});
  }
  session.print(table);
}

void print_service(Session& session, const ServiceHealth& health) {
  if (session.json()) return session.print(health.json);
  const std::string project = project_of_folder(session.environment());
  bool first = true;
  for (const auto& [instance, unused] : health.instances) {
    if (!std::exchange(first, false)) session.print_safe("\n");
    session.print_safe(heading_of(instance, name_here(instance.key, project), session.environment().colour));
    print_checks(session, instance);
  }
}

Outcome<Exit> print_health_of(Session& session, const KeyOptions& options) {
  const auto filter = derive_instances(options, session.environment());
  if (!filter) return filter.error();
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto health = (*portd)->health(*filter);
  if (!health) return health.error();
  print_service(session, *health);
  return health->status == Status::passing || health->status == Status::warning ? Exit::yes : Exit::no;
}

Run declare_health(CLI::App& app) {
  const auto options = std::make_shared<KeyOptions>();
  add_instances_options(app, *options);
  return [options](Session& session) {
    return options->key.empty() ? print_health_of_portd(session) : print_health_of(session, *options);
  };
}

}  // namespace

Verb health_verb() {
  return {"health", "Show whether a service is well and why not; without SERVICE, portd itself",
          "Of a service all instances, unless one is stated; exit 0 when the worst is passing or warning, 1 when not,\n"
          "3 when it is not registered. Of portd itself exit 0 when ok, 1 when degraded.\n"
          "\n"
          "Examples:\n"
          "  portc health web\n"
          "  portc health acme/web@feature-x || portc events --event check.status\n"
          "  portc health --json | jq .store",
          declare_health};
}

}  // namespace portd::client
