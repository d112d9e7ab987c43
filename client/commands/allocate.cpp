#include <CLI/App.hpp>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/find_or_grant.hpp"
#include "client/key_options.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

struct AllocateOptions {
  KeyOptions key;
  std::vector<std::string> roles;
  int count = 0;
  int port = 0;
  std::string range, strategy, on_conflict, wait, protocol, kind, ttl, pid, cwd, hold;
};

Json request_for(const config::DerivedKey& derived, const AllocateOptions& options, const Environment& environment) {
  const bool bundle = options.roles.size() > 1 || options.count > 0;
  Json request{{"project", derived.key.project}, {"service", derived.key.service}, {"instance", derived.key.instance}};
  if (options.roles.size() > 1) request["roles"] = options.roles;
  if (options.count > 0) request["count"] = options.count;
  if (!bundle) request = grant_request(derived);  // and what the project file asks of this port
  if (options.port > 0) request["port"] = options.port;
  const auto add = [&request](const char* name, const std::string& value) {
    if (!value.empty()) request[name] = value;
  };
  add("range", options.range);
  add("strategy", options.strategy);
  add("on_conflict", options.on_conflict);
  add("wait", options.wait);
  add("protocol", options.protocol);
  add("kind", options.kind);
  add("ttl", options.ttl);
  add("hold", options.hold);
  add("cwd",
      options.cwd.empty() ? derived.root.string() : (environment.folder / options.cwd).lexically_normal().string());
  return request;
}

// The holder: who called portc, unless --pid says otherwise.
Outcome<Json> holder_for(const AllocateOptions& options, const Environment& environment) {
  if (options.pid.empty()) return Json(environment.parent);
  if (options.pid == "none") return Json(nullptr);
  int pid = 0;
  if (!CLI::detail::lexical_cast(options.pid, pid) || pid <= 0) {
    return Failure{Exit::usage, "--pid is a process id or \"none\", not " + in_quotes(options.pid)};
  }
  return Json(pid);
}

void print_leases(Session& session, const Granted& granted) {
  if (session.json()) return session.print(granted.json);
  Table table({"SERVICE", "INSTANCE", "ROLE", "PORT", "KIND", "STATE", "URL"});
  const std::string project = project_of_folder(session.environment());
  for (const auto& [lease, json] : granted.leases) {
    Key service{lease.key.project, lease.key.service};
    table.add({name_here(service, project), lease.key.instance, lease.key.role, lease.port.text(),
               std::string(to_text(lease.kind)), std::string(to_text(lease.state)), lease.url()});
  }
  session.print(table);
}

Outcome<Exit> allocate(Session& session, AllocateOptions options) {
  if (options.roles.size() == 1) options.key.role = options.roles.front();
  const auto derived = derive(options.key, session.environment());
  if (!derived) return derived.error();
  const auto holder = holder_for(options, session.environment());
  if (!holder) return holder.error();
  Json request = request_for(*derived, options, session.environment());
  request["pid"] = *holder;
  const auto patience = patience_for(request);
  if (!patience) return failure_from(patience.error());

  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto granted = (*portd)->grant(request, *patience);
  if (!granted) return granted.error();
  print_leases(session, *granted);
  if (granted->created) session.note(granted->leases.size() == 1 ? "new lease" : "new leases");
  return Exit::yes;
}

template <class E>
CLI::IsMember words() {
  std::vector<std::string> list;
  for (const auto& [value, word] : Words<E>::table) list.emplace_back(word);
  return CLI::IsMember(list);
}

Run declare_allocate(CLI::App& app) {
  const auto options = std::make_shared<AllocateOptions>();
  add_key_options(app, options->key);
  auto* roles = app.add_option("--role", options->roles, "Role; given several times: a bundle, all or none")
                    ->allow_extra_args(false);
  auto* count = app.add_option("--count", options->count, "So many ports at once, all or none");
  count->check(CLI::Range(1, 1000))->excludes(roles);
  app.add_option("--port", options->port, "Exactly this port")->check(CLI::Range(1, 65'535));
  app.add_option("--range", options->range, "A range of portd's configuration");
  app.add_option("--strategy", options->strategy, "How a first port is picked")->check(words<Strategy>());
  app.add_option("--on-conflict", options->on_conflict, "When --port is taken")->check(words<OnConflict>());
  app.add_option("--wait", options->wait, "How long --on-conflict wait waits, e.g. 30s");
  app.add_option("--protocol", options->protocol, "Protocol")->check(words<Protocol>());
  app.add_option("--kind", options->kind, "How long the lease lasts")->check(words<LeaseKind>());
  app.add_option("--ttl", options->ttl, "Of kind ttl, e.g. 30s");
  app.add_option("--hold", options->hold, "How the port is kept from others")->check(words<HoldMode>());
  app.add_option("--pid", options->pid, "The process it serves, or none (default: the one that called portc)");
  app.add_option("--cwd", options->cwd, "Folder of the service (default: the project's)");
  return [options](Session& session) { return allocate(session, *options); };
}

}  // namespace

Verb allocate_verb() {
  return {"allocate", "Lease a port for a service, on terms of your own",
          "Examples:\n"
          "  portc allocate                                    for the service in this folder\n"
          "  portc allocate shop --port 8080 --on-conflict fail\n"
          "  portc allocate shop --role http --role debug      a bundle, all or none\n"
          "  portc allocate ci --kind process --count 3        until this shell exits",
          declare_allocate};
}

}  // namespace portd::client
