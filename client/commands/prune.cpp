#include <chrono>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

struct PruneOptions {
  bool gone = false;
  std::string unused;
  bool dry_run = false;
};

// A folder that cannot be looked at (another user's, a drive that is not there now) is not gone.
bool is_gone(const std::string& folder) {
  if (folder.empty()) return false;
  std::error_code error;
  return fs::status(folder, error).type() == fs::file_type::not_found;
}

// Why the lease may go; empty: it stays. Nobody who lives or listens loses a port.
std::string reason_to_prune(const Lease& lease, const PruneOptions& options, std::optional<TimePoint> unused_before) {
  if (lease.holder || lease.state != LeaseState::reserved) return "";
  if (options.gone && is_gone(lease.cwd)) return "folder gone";
  if (unused_before && lease.last_used_at < *unused_before) return "unused since " + to_rfc3339(lease.last_used_at);
  return "";
}

// Whether it was released. Who got the port meanwhile, or released it first, is no failure.
Outcome<bool> release_unless_changed(Session& session, Api& portd, const Lease& lease) {
  const auto released = portd.release(lease);
  if (released) return true;
  const Exit why = released.error().exit;
  if (why != Exit::conflict && why != Exit::not_found) return released.error();
  session.note("skipped " + lease.port.text() + ": its lease changed meanwhile");
  return false;
}

Outcome<std::optional<TimePoint>> unused_before(const PruneOptions& options) {
  if (options.unused.empty()) return std::optional<TimePoint>();
  const auto age = parse_duration(options.unused);
  if (!age) return failure_from(age.error());
  const auto now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  return std::optional<TimePoint>(now - *age);
}

void print_pruned(Session& session, const Table& table, const Json& leases, const PruneOptions& options) {
  if (session.json()) return session.print(Json{{"leases", leases}, {"dry_run", options.dry_run}});
  if (table.empty()) return session.note("nothing to prune");
  session.print(table);
  if (options.dry_run) session.note("nothing was released; run it again without --dry-run");
}

Outcome<Exit> prune(Session& session, const PruneOptions& options) {
  if (!options.gone && options.unused.empty()) {
    return Failure{Exit::usage, "say what to prune: --gone, or --unused 30d, or both (with --dry-run to look first)"};
  }
  const auto before = unused_before(options);
  if (!before) return before.error();
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto list = (*portd)->list({});
  if (!list) return list.error();

  Table table({"SERVICE", "INSTANCE", "PORT", "REASON", "CWD"});
  Json pruned = Json::array();
  const std::string project = project_of_folder(session.environment());
  for (const auto& [lease, json] : list->leases) {
    const std::string reason = reason_to_prune(lease, options, *before);
    if (reason.empty()) continue;
    const auto gone = options.dry_run ? true : release_unless_changed(session, **portd, lease);
    if (!gone) return gone.error();
    if (!*gone) continue;
    const Key service{lease.key.project, lease.key.service, "main", lease.key.role};
    table.add({name_here(service, project), lease.key.instance, lease.port.text(), reason, lease.cwd});
    pruned.push_back(json);
  }
  print_pruned(session, table, pruned, options);
  return Exit::yes;
}

Run declare_prune(CLI::App& app) {
  const auto options = std::make_shared<PruneOptions>();
  app.add_flag("--gone", options->gone, "Leases whose folder no longer exists");
  app.add_option("--unused", options->unused, "Leases that nobody used for so long, e.g. 30d");
  app.add_flag("--dry-run", options->dry_run, "Only show them");
  return [options](Session& session) { return prune(session, *options); };
}

}  // namespace

Verb prune_verb() {
  return {"prune", "Release leases that nobody needs; never one that is in use",
          "Examples:\n"
          "  portc prune --gone --dry-run        what would go\n"
          "  portc prune --gone --unused 30d     folders deleted, or a month without use",
          declare_prune};
}

}  // namespace portd::client
