#include <CLI/CLI.hpp>
#include <memory>

#include "client/child_process.hpp"
#include "client/commands/commands.hpp"
#include "client/service_run.hpp"

namespace portd::client {
namespace {

struct RunOptions {
  RunRequest request;
  bool no_handover = false, handover = false;
  bool reuse = false, replace = false, another = false;
};

// Words before a `--` are the command, too: portc run flask run. There, an option that portc does not know is a
// mistake.
Outcome<std::vector<std::string>> command_of(const CLI::App& parser, const Session& session) {
  std::vector<std::string> command = parser.remaining();
  if (!command.empty() && command.front().starts_with('-')) {
    return Failure{Exit::usage, "portc run has no option " + command.front() + "; write the command behind --"};
  }
  if (!command.empty() && !session.command().empty()) command.emplace_back("--");
  command.insert(command.end(), session.command().begin(), session.command().end());
  return command;
}

RunRequest request_of(const RunOptions& options) {
  RunRequest request = options.request;
  if (options.handover) request.hand_over = HandOver::always;
  if (options.no_handover) request.hand_over = HandOver::never;
  if (options.reuse) request.when_running = WhenRunning::reuse;
  if (options.replace) request.when_running = WhenRunning::replace;
  if (options.another) request.when_running = WhenRunning::another;
  return request;
}

Outcome<Exit> run(Session& session, const RunOptions& options, const CLI::App& parser) {
  RunRequest request = request_of(options);
  auto command = command_of(parser, session);
  if (!command) return command.error();
  request.command = std::move(*command);
  return run_service(session, request);
}

// Exit codes below are the command's.
Exit exit_of(const Failure& failure) {
  const bool as_shells_do =
      failure.exit == static_cast<Exit>(program_not_found) || failure.exit == static_cast<Exit>(program_not_executable);
  return as_shells_do ? failure.exit : Exit::own_failure;
}

// What is wrong with --kind; empty: nothing.
std::string wrong_kind(const std::string& kind) {
  if (kind == "sticky" || kind == "process") return "";
  const std::string why = kind == "ttl" ? "portc run does not renew a ttl lease" : "there is no kind " + kind + " here";
  return why + "; --kind process ends with the command, --kind sticky stays until it is released";
}

Run declare_run(CLI::App& app) {
  const auto options = std::make_shared<RunOptions>();
  KeyOptions& key = options->request.key;
  app.prefix_command();
  app.add_option("--service", key.service, "Service (default: PORTD_SERVICE, else of the folder)");
  app.add_option("--project", key.project, "Project (default: of portd.yaml, else the git checkout's folder)");
  app.add_option("--instance", key.instance, "Instance (default: PORTD_INSTANCE, else the git worktree, else main)");
  app.add_option("--env", key.environment, "Environment (default: PORTD_ENV, else development)");
  add_role_option(app, key);
  app.add_option("--kind", options->request.kind,
                 "process: the lease ends with the command; sticky (default): it stays")
      ->check(wrong_kind);
  auto* never = app.add_flag("--no-handover", options->no_handover, "The command opens its port itself");
  app.add_flag("--handover", options->handover,
               "Hand a listening socket to a command that portc does not know, as LISTEN_FDS")
      ->excludes(never);
  auto* reuse =
      app.add_flag("--reuse", options->reuse, "When it already runs: print its URL, exit 0 (--json: url, port, pid)");
  auto* replace = app.add_flag("--replace", options->replace, "When it already runs: end that one")->excludes(reuse);
  app.add_flag("--new", options->another, "When it already runs: start the next instance, main-2")
      ->excludes(reuse)
      ->excludes(replace);
  return [options, parser = &app](Session& session) -> Outcome<Exit> {
    auto done = run(session, *options, *parser);
    if (done) return done;
    session.fail(done.error());
    return exit_of(done.error());
  };
}

}  // namespace

Verb run_verb() {
  return {
      .name = "run",
      .summary = "Run a command with its port: leased, registered, handed over where it can be",
      .examples =
          "The command has the terminal, its signals and its exit code; 125 is a failure of portc itself, 126 and\n"
          "127 a command that cannot be run. It learns its port by PORT and the like; {port} and {url} in it are\n"
          "filled in. Flask, gunicorn, uvicorn and hypercorn get a socket that already listens and outlives their\n"
          "restarts; Vite, Django, Streamlit, Jupyter, waitress and http.server the option that they need. Without\n"
          "a command the one of portd.yaml runs, once it is trusted. A port that the command states (-p N, --port N,\n"
          "--bind HOST:N) is the one it is leased, or it does not start.\n"
          "\n"
          "Examples:\n"
          "  portc run -- flask run --debug\n"
          "  portc run --service web -- npm run dev\n"
          "  portc run -- ./serve --listen :{port}\n"
          "  portc run --replace -- gunicorn -w 3 app:app",
      .declare = declare_run,
      .runs_command = true};
}

}  // namespace portd::client
