#include <algorithm>
#include <filesystem>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/key_options.hpp"
#include "client/port_explanation.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

struct AdoptOptions {
  std::string port;
  std::string as;
};

// The folder of who listens, where it is to be seen and still there; else that of the caller.
std::filesystem::path folder_of(const PortReport& report, const Environment& environment) {
  for (const Listener& listener : report.listeners) {
    if (!listener.process || listener.process->cwd.empty()) continue;
    std::error_code error;
    if (std::filesystem::is_directory(listener.process->cwd, error)) return listener.process->cwd;
  }
  return environment.folder;
}

// What its container's label says; empty: there is none.
std::string label_of(const PortReport& report) {
  const auto& container = report.listeners.front().container;
  return container ? container->key : "";
}

// Of a program in "/", where most that the system starts run: portd names it after the program.
bool is_nameless(const PortReport& report, const AdoptOptions& options, const Environment& environment) {
  const std::filesystem::path folder = folder_of(report, environment);
  return options.as.empty() && label_of(report).empty() && folder == folder.root_path();
}

Outcome<config::DerivedKey> key_for(const PortReport& report, const AdoptOptions& options,
                                    const Environment& environment) {
  KeyOptions key;
  key.key = options.as.empty() ? label_of(report) : options.as;
  Environment there = environment;
  there.folder = folder_of(report, environment);
  there.variables.erase("PORTD_LEASE");  // is ours, not that of what listens there
  return derive(key, there);
}

Outcome<Json> adoption(const PortReport& report, const AdoptOptions& options, const Environment& environment) {
  Json request{{"adopt", true}, {"port", report.port.number()}};
  if (is_nameless(report, options, environment)) return request;
  const auto derived = key_for(report, options, environment);
  if (!derived) return derived.error();
  request.update({{"project", derived->key.project},
                  {"service", derived->key.service},
                  {"instance", derived->key.instance},
                  {"role", derived->key.role},
                  {"cwd", derived->root.string()}});
  return request;
}

// "pid 17 (node server.js)", of the holder or of whoever else it is.
std::string runner_of(const Lease& lease, const PortReport& before) {
  if (lease.holder)
    return "pid " + std::to_string(lease.holder->id.pid) + " (" + short_command(lease.holder->command) + ")";
  const auto& container = before.listeners.front().container;
  return container ? "container " + (container->name.empty() ? container->id : container->name) : "what listens";
}

std::string promise_of(const Lease& lease) {
  if (lease.protocol != Protocol::udp) return ", and the port stays its own after its end";
  return "; portd remembers the port for it, but does not hold UDP: after its end any program can take it";
}

void tell(Session& session, const Granted& granted, const PortReport& before) {
  const Lease& lease = granted.leases.front().lease;
  const std::string port = "port " + lease.port.text();
  for (const std::string& remark : remarks_of(before)) session.note(remark);
  if (session.json()) return session.print(granted.leases.front().json);
  if (!granted.created) return session.print_line(port + " is leased to " + lease.key.text() + " already");
  session.print_line("adopted " + port + " as " + lease.key.text() + ": " + runner_of(lease, before) +
                     " runs on untouched" + promise_of(lease));
}

Outcome<Exit> adopt(Session& session, const AdoptOptions& options) {
  const auto port = Port::parse(options.port);
  if (!port) return failure_from(port.error());
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto found = (*portd)->find(*port);
  if (!found) return found.error();
  if (found->report.listeners.empty()) {
    return Failure{Exit::not_found, "nobody listens on port " + port->text() +
                                        "; lease it for what is to come with: portc allocate --port " + port->text()};
  }
  const auto request = adoption(found->report, options, session.environment());
  if (!request) return request.error();
  const auto granted = (*portd)->grant(*request);
  if (!granted) return granted.error();
  tell(session, *granted, found->report);
  return Exit::yes;
}

Run declare_adopt(CLI::App& app) {
  const auto options = std::make_shared<AdoptOptions>();
  app.add_option("PORT", options->port, "1 to 65535")->required();
  app.add_option("--as", options->as,
                 "[project/]service[@instance][:role]; what is left out comes from the folder of what listens there");
  return [options](Session& session) { return adopt(session, *options); };
}

}  // namespace

Verb adopt_verb() {
  return {
      "adopt", "Lease the port of what already runs, untouched",
      "The key comes from the folder in which the process runs, where that is to be seen, else from this one; of a\n"
      "container from its label portd.service; a program in / is called as itself. After its end portd holds the port\n"
      "for it; a UDP port it remembers.\n"
      "Exit 3: nobody listens there; 4: the port is leased to another key, or the key has another port; 77:\n"
      "another user's process.\n"
      "\n"
      "Examples:\n"
      "  portc adopt 3000\n"
      "  portc adopt 3000 --as web\n"
      "  portc adopt 5432 --as acme/db:postgres --json | jq -r .url",
      declare_adopt};
}

}  // namespace portd::client
