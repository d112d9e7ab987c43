#include <algorithm>
#include <array>
#include <memory>
#include <tuple>

#include "client/commands/commands.hpp"
#include "client/contested_ports.hpp"
#include "client/key_options.hpp"
#include "client/occupant.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

struct LsOptions {
  bool here = false;
  bool all = false;
};

void sort_for_people(std::vector<Lease>& leases, const std::string& project) {
  std::ranges::sort(leases, {},
                    [&project](const Lease& each) { return std::tuple(each.key.project != project, each.key); });
}

Table empty_table() { return Table({"SERVICE", "INSTANCE", "PORT", "STATE", "PID", "COMMAND", "CWD"}); }

// What it runs, and whose it is where that is somebody else.
std::string command_of(const Occupant& occupant) {
  const Listener& listener = occupant.listener;
  if (occupant.kind == Occupant::Kind::container || !listener.process) return name_of(occupant);
  const bool others = occupant.kind == Occupant::Kind::foreign;
  return short_command(listener.process->command) + (others ? " (of " + listener.user + ")" : "");
}

// PID, COMMAND and CWD.
using RunnerCells = std::array<std::string, 3>;

RunnerCells runner_cells(const Lease& lease, const std::string& home) {
  const auto& holder = lease.holder;
  return {holder ? std::to_string(holder->id.pid) : "", holder ? short_command(holder->command) : "",
          short_folder(lease.cwd, home)};
}

RunnerCells runner_cells(const Occupant& occupant, const std::string& home) {
  const auto& process = occupant.listener.process;
  return {process ? std::to_string(process->id.pid) : "", command_of(occupant),
          process ? short_folder(process->cwd, home) : ""};
}

// Of a contested lease whoever is on its port in its service's place, each in a row.
void add_leases(Table& table, const std::vector<Lease>& leases, const std::vector<PortReport>& contested,
                const std::string& project, const Viewpoint& view) {
  for (const Lease& lease : leases) {
    const Key service{lease.key.project, lease.key.service, "main", lease.key.role};
    const auto add = [&](const RunnerCells& runner) {
      table.add({name_here(service, project), lease.key.instance, lease.port.text(), std::string(to_text(lease.state)),
                 runner[0], runner[1], runner[2]});
    };
    const auto intruders = intruders_on(lease.port, contested, view);
    if (intruders.empty()) add(runner_cells(lease, view.home));
    for (const Occupant& each : intruders) add(runner_cells(each, view.home));
  }
}

void add_foreign(Table& table, const std::vector<PortReport>& foreign, const Viewpoint& view) {
  for (const PortReport& report : foreign) {
    for (const Occupant& occupant : occupants_of(report, view)) {
      const RunnerCells runner = runner_cells(occupant, view.home);
      table.add({"", "", report.port.text(), std::string(to_text(report.verdict)), runner[0], runner[1], runner[2]});
    }
  }
}

// Everything that there is to list.
void print_list(Session& session, Api& portd, std::vector<Lease> leases, const std::vector<PortReport>& contested,
                const std::vector<PortReport>& foreign) {
  const Viewpoint view = viewpoint_of(session.environment(), portd.connection());
  const std::string project = project_of_folder(session.environment());
  sort_for_people(leases, project);
  Table table = empty_table();
  add_leases(table, leases, contested, project, view);
  add_foreign(table, foreign, view);
  session.print(table);
}

Outcome<LeaseFilter> filter_for(const LsOptions& options, const Environment& environment) {
  LeaseFilter filter;
  if (!options.here) return filter;
  const auto derived = derive({}, environment);
  if (!derived) return derived.error();
  filter.project = derived->key.project;
  return filter;
}

Outcome<Exit> list_leases(Session& session, const LsOptions& options) {
  const auto filter = filter_for(options, session.environment());
  if (!filter) return filter.error();
  auto portd = session.portd();
  if (!portd) return portd.error();
  auto list = (*portd)->list(*filter);
  if (!list) return list.error();
  if (session.json()) {
    session.print(list->json);
    return Exit::yes;
  }
  std::vector<Lease> leases;
  for (ListedLease& each : list->leases) leases.push_back(std::move(each.lease));
  const auto contested = contested_ports(**portd, leases);
  print_list(session, **portd, leases, contested.reports, {});
  if (leases.empty()) session.note("no leases yet; get a port with: portc port");
  return Exit::yes;
}

// The leases, then whoever else listens.
Outcome<Exit> list_all(Session& session) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  auto ports = (*portd)->all_ports();
  if (!ports) return ports.error();
  auto contested = contested_ports(**portd, ports->report.leases);
  if (session.json()) {
    ports->json["contested"] = std::move(contested.json);
    session.print(ports->json);
    return Exit::yes;
  }
  print_list(session, **portd, ports->report.leases, contested.reports, ports->report.foreign);
  return Exit::yes;
}

Run declare_ls(CLI::App& app) {
  const auto options = std::make_shared<LsOptions>();
  auto* here = app.add_flag("--here", options->here, "Only this folder's project");
  app.add_flag("--all", options->all, "Also who listens without a lease (state: foreign)")->excludes(here);
  return [options](Session& session) { return options->all ? list_all(session) : list_leases(session, *options); };
}

}  // namespace

Verb ls_verb() {
  return {"ls", "List the leases, this folder's project first",
          "Of a contested lease it shows who is on its port instead. Long commands are cut short; --json has them in\n"
          "full, and with --all what portd says of each contested port (.contested).\n"
          "\n"
          "Examples:\n"
          "  portc ls\n"
          "  portc ls --here\n"
          "  portc ls --all\n"
          "  portc ls --json | jq -r '.leases[].url'\n"
          "  portc ls --all --json | jq '.contested[].listeners[].pid'",
          declare_ls};
}

}  // namespace portd::client
