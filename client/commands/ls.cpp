#include <algorithm>
#include <memory>
#include <tuple>

#include "client/commands/commands.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

struct LsOptions {
  bool here = false;
};

// "~/shop" for a folder under the home.
std::string short_folder(const std::string& folder, const std::string& home) {
  if (home.empty() || !folder.starts_with(home)) return folder;
  if (folder.size() == home.size()) return "~";
  return folder[home.size()] == '/' ? "~" + folder.substr(home.size()) : folder;
}

void sort_for_people(std::vector<ListedLease>& leases, const std::string& project) {
  std::sort(leases.begin(), leases.end(), [&project](const ListedLease& a, const ListedLease& b) {
    return std::tuple(a.lease.key.project != project, a.lease.key) <
           std::tuple(b.lease.key.project != project, b.lease.key);
  });
}

Table table_of(const std::vector<ListedLease>& leases, const std::string& project, const std::string& home) {
  Table table({"SERVICE", "INSTANCE", "PORT", "STATE", "PID", "COMMAND", "CWD"});
  for (const auto& [lease, json] : leases) {
    const Key service{lease.key.project, lease.key.service, "main", lease.key.role};
    const auto& holder = lease.holder;
    table.add({name_here(service, project), lease.key.instance, lease.port.text(), std::string(to_text(lease.state)),
               holder ? std::to_string(holder->id.pid) : "", holder ? holder->command : "",
               short_folder(lease.cwd, home)});
  }
  return table;
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
  session.print(table_of(list->leases, project, session.environment().variable("HOME")));
  if (list->leases.empty()) session.note("no leases yet; get a port with: portc port");
  return Exit::yes;
}

Run declare(CLI::App& app) {
  const auto options = std::make_shared<LsOptions>();
  app.add_flag("--here", options->here, "Only this folder's project");
  return [options](Session& session) { return list_leases(session, *options); };
}

}  // namespace

Verb ls_verb() {
  return {"ls", "List the leases, this folder's project first",
          "Examples:\n"
          "  portc ls\n"
          "  portc ls --here\n"
          "  portc ls --json | jq -r '.leases[].url'",
          declare};
}

}  // namespace portd::client
