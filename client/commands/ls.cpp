#include <algorithm>
#include <memory>
#include <tuple>

#include "client/commands/commands.hpp"
#include "client/key_options.hpp"
#include "client/occupant.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

struct LsOptions {
  bool here = false;
  bool all = false;
};

void sort_for_people(std::vector<ListedLease>& leases, const std::string& project) {
  std::sort(leases.begin(), leases.end(), [&project](const ListedLease& a, const ListedLease& b) {
    return std::tuple(a.lease.key.project != project, a.lease.key) <
           std::tuple(b.lease.key.project != project, b.lease.key);
  });
}

Table empty_table() { return Table({"SERVICE", "INSTANCE", "PORT", "STATE", "PID", "COMMAND", "CWD"}); }

void add_leases(Table& table, const std::vector<ListedLease>& leases, const std::string& project,
                const std::string& home) {
  for (const auto& [lease, json] : leases) {
    const Key service{lease.key.project, lease.key.service, "main", lease.key.role};
    const auto& holder = lease.holder;
    table.add({name_here(service, project), lease.key.instance, lease.port.text(), std::string(to_text(lease.state)),
               holder ? std::to_string(holder->id.pid) : "", holder ? short_command(holder->command) : "",
               short_folder(lease.cwd, home)});
  }
}

// What it runs, and whose it is where that is somebody else.
std::string command_of(const Occupant& occupant) {
  const Listener& listener = occupant.listener;
  if (occupant.kind == Occupant::Kind::container || !listener.process) return name_of(occupant);
  const bool others = occupant.kind == Occupant::Kind::foreign;
  return short_command(listener.process->command) + (others ? " (of " + listener.user + ")" : "");
}

void add_foreign(Table& table, const std::vector<PortReport>& foreign, const Viewpoint& view) {
  for (const PortReport& report : foreign) {
    for (const Occupant& occupant : occupants_of(report, view)) {
      const auto& process = occupant.listener.process;
      table.add({"", "", report.port.text(), std::string(to_text(report.verdict)),
                 process ? std::to_string(process->id.pid) : "", command_of(occupant),
                 process ? short_folder(process->cwd, view.home) : ""});
    }
  }
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
  const std::string project = project_of_folder(session.environment());
  sort_for_people(list->leases, project);
  Table table = empty_table();
  add_leases(table, list->leases, project, session.environment().variable("HOME"));
  session.print(table);
  if (list->leases.empty()) session.note("no leases yet; get a port with: portc port");
  return Exit::yes;
}

// The leases, then whoever else listens.
Outcome<Exit> list_all(Session& session) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto ports = (*portd)->all_ports();
  if (!ports) return ports.error();
  if (session.json()) {
    session.print(ports->json);
    return Exit::yes;
  }
  std::vector<ListedLease> leases;
  for (const Lease& lease : ports->report.leases) leases.push_back({lease, {}});
  const std::string project = project_of_folder(session.environment());
  sort_for_people(leases, project);
  const Viewpoint view = viewpoint_of(session.environment(), (*portd)->connection());
  Table table = empty_table();
  add_leases(table, leases, project, view.home);
  add_foreign(table, ports->report.foreign, view);
  session.print(table);
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
          "Long commands are cut short; --json has them in full.\n"
          "\n"
          "Examples:\n"
          "  portc ls\n"
          "  portc ls --here\n"
          "  portc ls --all\n"
          "  portc ls --json | jq -r '.leases[].url'",
          declare_ls};
}

}  // namespace portd::client
