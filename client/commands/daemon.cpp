#include <CLI/App.hpp>
#include <memory>

#include "client/child_process.hpp"
#include "client/commands/commands.hpp"
#include "client/daemon_log.hpp"
#include "client/end_process.hpp"
#include "client/health_table.hpp"

namespace portd::client {
namespace {

constexpr Millis stop_time{10'000};

// Refuses an endpoint that was named: it may be on another state, or behind a tunnel.
Outcome<void> only_of_this_user(const Session& session, std::string_view action) {
  const auto stated = stated_address(session.endpoint_flags(), session.environment());
  if (!stated) return stated.error();
  if (!*stated) return {};
  return Failure{Exit::usage,
                 "daemon " + std::string(action) +
                     " is for this user's own portd; leave out --url, --socket, PORTD_URL and PORTD_SOCKET"};
}

void print_endpoint(Session& session) {
  const auto endpoint = read_endpoint(session.environment().paths());
  if (!endpoint) return;
  if (session.json()) {
    return session.print(Json{{"url", endpoint->url}, {"socket", endpoint->socket}, {"pid", endpoint->pid}});
  }
  Table table({"PID", "URL", "SOCKET"});
  table.add({std::to_string(endpoint->pid), endpoint->url, endpoint->socket});
  session.print(table);
}

Outcome<Exit> start(Session& session) {
  if (auto allowed = only_of_this_user(session, "start"); !allowed) return allowed.error();
  const auto running = session.running_portd();
  if (!running && running.error().exit != Exit::no_daemon) return running.error();
  if (running) {
    session.note("portd is already running");
  } else if (const auto started = session.start(); !started) {
    return started.error();
  }
  print_endpoint(session);
  return Exit::yes;
}

// The process at the other end of the unix socket, if it is the one that endpoint.json names.
Outcome<pid_t> verified_pid(const Connection& connection, const Paths& paths) {
  const auto peer = connection.peer();
  const auto endpoint = read_endpoint(paths);
  if (!peer) {
    return Failure{Exit::no,
                   "the unix socket of portd is gone, so that its pid cannot be verified; end it with: kill " +
                       std::to_string(endpoint ? endpoint->pid : 0)};
  }
  if (!endpoint || endpoint->pid != *peer) {
    return Failure{Exit::no, "pid " + std::to_string(*peer) +
                                 " opened portd's socket, but is not the pid in endpoint.json; a supervisor runs "
                                 "this portd, stop it there: systemctl --user stop portd.socket portd.service"};
  }
  return *peer;
}

Outcome<Exit> stop(Session& session) {
  if (auto allowed = only_of_this_user(session, "stop"); !allowed) return allowed.error();
  const auto running = session.running_portd();
  if (!running) {
    if (running.error().exit != Exit::no_daemon) return running.error();
    session.note("portd is not running");
    return Exit::yes;
  }
  const auto pid = verified_pid((*running)->connection(), session.environment().paths());
  if (!pid) return pid.error();
  if (const auto ended = end_process(*pid, stop_time); !ended) return ended.error();
  if (!session.json()) session.print_line("stopped portd (pid " + std::to_string(*pid) + ")");
  return Exit::yes;
}

Outcome<Exit> status(Session& session) {
  const auto running = session.running_portd();
  if (!running) return running.error();
  const auto health = (*running)->health();
  if (!health) return health.error();
  const auto endpoint = read_endpoint(session.environment().paths());
  Json shown{{"pid", endpoint ? Json(endpoint->pid) : Json()}, {"at", text_of((*running)->connection().address())}};
  if (endpoint) shown["url"] = endpoint->url;
  shown.update(*health);
  if (session.json()) {
    session.print(shown);
  } else {
    session.print(health_table(shown));
  }
  return Exit::yes;
}

struct DaemonOptions {
  std::string action;
  std::size_t lines = 50;
  bool follow = false;
};

Outcome<Exit> logs(Session& session, const DaemonOptions& options) {
  if (auto allowed = only_of_this_user(session, "logs"); !allowed) return allowed.error();
  const LogPlace place = log_place(session);
  if (!place.file.empty()) return show_log_file(session, place.file, options.lines, options.follow);
  const Environment& environment = session.environment();
  const auto code = run_child(
      {journal_command(options.lines, options.follow, session.json()), environment.variables, environment.folder});
  if (!code) return code.error();
  return *code == 0 ? Exit::yes : Exit::no;
}

Run declare_daemon(CLI::App& app) {
  const auto options = std::make_shared<DaemonOptions>();
  app.add_option("ACTION", options->action, "start, stop, status or logs")
      ->required()
      ->check(CLI::IsMember({"start", "stop", "status", "logs"}));
  auto* lines = app.add_option("-n,--lines", options->lines, "Of logs: the last so many lines (default: 50)");
  lines->check(CLI::Range(0, 1'000'000));
  auto* follow = app.add_flag("-f,--follow", options->follow, "Of logs: also what comes, until interrupted");
  return [options, lines, follow](Session& session) -> Outcome<Exit> {
    if (options->action == "logs") return logs(session, *options);
    if (lines->count() + follow->count() > 0) return Failure{Exit::usage, "-n and -f are of logs; leave them out"};
    if (options->action == "start") return start(session);
    if (options->action == "stop") return stop(session);
    return status(session);
  };
}

}  // namespace

Verb daemon_verb() {
  return {
      "daemon", "Start or stop this user's portd, or show how it does and what it says",
      "start and stop also succeed when there is nothing to do; status exits 69 when portd does not run. logs reads\n"
      "log.file where that is set, else the journal of portd.service, else the file of a portd that portc started.\n"
      "\n"
      "Examples:\n"
      "  portc daemon start\n"
      "  portc daemon status --json | jq -r .url\n"
      "  portc daemon logs -n 20 -f\n"
      "  portc daemon stop",
      declare_daemon};
}

}  // namespace portd::client
