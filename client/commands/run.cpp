#include <sys/types.h>
#include <unistd.h>

#include <memory>

#include "client/child_process.hpp"
#include "client/commands/commands.hpp"
#include "client/end_process.hpp"
#include "client/find_or_grant.hpp"
#include "client/launch_variables.hpp"
#include "client/project_declaration.hpp"
#include "client/trust.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

constexpr int own_failure = 125;   // of portc, not of the command
constexpr int werkzeug_again = 3;  // the exit code with which Werkzeug asks its reloader to start it again
constexpr Millis end_time{10'000};
constexpr int most_instances = 100;

struct RunOptions {
  KeyOptions key;
  std::string kind;
  bool no_handover = false;
  bool reuse = false;
  bool replace = false;
  bool another = false;
  std::vector<std::string> command;
};

// A service that is started, from its lease to its end.
class Runner {
 public:
  Runner(Session& session, const RunOptions& options) : session_(session), options_(options) {}

  Outcome<Exit> run() {
    auto derived = derive(options_.key, session_.environment());
    if (!derived) return derived.error();
    derived_ = std::move(*derived);
    if (auto found = find_command(); !found) return found.error();
    auto portd = session_.portd();
    if (!portd) return portd.error();
    portd_ = *portd;
    auto elsewhere = grant();
    if (!elsewhere) return elsewhere.error();
    if (*elsewhere) {
      session_.print_line(**elsewhere);
      return Exit::yes;
    }
    if (auto taken = take_socket(); !taken) return taken.error();
    if (auto registered = register_service(); !registered) return registered.error();
    session_.note(name() + " is at " + lease_.url());
    auto code = run_until_it_ends();
    deregister();
    if (!code) return code.error();
    return static_cast<Exit>(*code);
  }

 private:
  // The one on the command line, else the one that the project file declares, once it is trusted.
  Outcome<void> find_command() {
    command_ = options_.command;
    if (!command_.empty()) return {};
    const config::ProjectService* service = derived_.declared();
    if (service == nullptr || !service->command) {
      return Failure{Exit::usage, "there is nothing to run; write it behind --, such as: portc run -- flask run"};
    }
    const auto trusted = Trust(session_.environment().paths()).covers(*derived_.project);
    if (!trusted) return trusted.error();
    if (!*trusted) {
      return Failure{Exit::not_allowed, derived_.project->file.string() +
                                            " is not trusted, or was edited since; read its commands, then: portc "
                                            "trust"};
    }
    command_ = service->command->argv;
    if (service->command->shell) command_ = {"/bin/sh", "-c", "exec " + command_.front()};
    folder_ = service->cwd;
    return {};
  }

  Json request() const {
    Json request = grant_request(derived_);
    request["pid"] = ::getpid();
    request["cwd"] = folder().string();
    if (!options_.kind.empty()) request["kind"] = options_.kind;
    return request;
  }

  // The lease; or the URL of the one that already runs, where that is what was asked for.
  Outcome<std::optional<std::string>> grant() {
    const std::string instance = derived_.key.instance;
    for (int number = 2;; ++number) {
      auto granted = portd_->grant(request());
      if (granted) {
        lease_ = std::move(granted->leases.front().lease);
        return std::optional<std::string>();
      }
      const auto pid = running_pid(granted.error());
      if (!pid) return granted.error();
      if (options_.reuse) return std::optional(granted.error().problem->value("url", std::string()));
      if (options_.replace) {
        session_.note("ending pid " + std::to_string(*pid));
        if (auto ended = end_process(*pid, end_time); !ended) return ended.error();
      } else if (options_.another && number < most_instances) {
        derived_.key.instance = to_name(instance + "-" + std::to_string(number));
      } else {
        return Failure{Exit::conflict, granted.error().detail + ": --reuse, --replace or --new"};
      }
    }
  }

  // Of the process that already runs the service.
  static std::optional<pid_t> running_pid(const Failure& failure) {
    if (!failure.problem || !failure.problem->value("type", "").ends_with(":already-running")) return std::nullopt;
    const int pid = failure.problem->value("pid", 0);
    return pid > 0 ? std::optional<pid_t>(pid) : std::nullopt;
  }

  Outcome<void> take_socket() {
    framework_ = framework_of(command_, folder());
    if (options_.no_handover || !takes_socket(framework_)) return {};
    auto socket = portd_->take_socket(lease_, "127.0.0.1");
    if (socket) {
      socket_ = std::move(*socket);
      return {};
    }
    // Over TCP, or on a system that hands nothing over, the service opens its port itself.
    if (socket.error().exit == Exit::usage || socket.error().exit == Exit::not_found) return {};
    return socket.error();
  }

  Outcome<void> register_service() {
    Json declaration = Json::object();
    if (const config::ProjectService* service = derived_.declared()) {
      ProjectPorts ports(session_, derived_, derived_.key.instance);
      auto declared = declaration_of(*service, *derived_.project, ports);
      if (!declared) return declared.error();
      declaration = std::move(*declared);
    }
    declaration["port"] = lease_.port.number();
    // A connection proves nothing once portd's own socket listens: the service itself has to answer.
    if (socket_ && !declaration.contains("checks")) declaration["checks"] = Json::array({{{"type", "http"}}});
    auto registered = portd_->register_instance(instance_of(derived_.key), declaration);
    if (!registered) return registered.error();
    return {};
  }

  Outcome<std::map<std::string, std::string>> variables() {
    auto variables =
        variables_for({lease_, framework_, static_cast<bool>(socket_), ::getpid()}, session_.environment().variables);
    const config::ProjectService* service = derived_.declared();
    if (service == nullptr) return variables;
    ProjectPorts ports(session_, derived_, derived_.key.instance);
    for (const auto& [name, text] : service->env) {
      auto value = ports.fill_in(text);
      if (!value) return value.error();
      variables[name] = std::move(*value);
    }
    return variables;
  }

  Outcome<int> run_until_it_ends() {
    auto environment = variables();
    if (!environment) return environment.error();
    ChildCommand command{with_port(command_, framework_, lease_.port.text(), lease_.url()), std::move(*environment),
                         folder(), socket_.get()};
    if (socket_) command.arguments = with_socket(std::move(command.arguments), framework_);
    for (;;) {
      session_.flush();
      auto code = run_child(command);
      const bool again = code && *code == werkzeug_again && socket_ && framework_ == Framework::werkzeug;
      if (!again) return code;
    }
  }

  // Another connection: the first may have been closed with the handover, or by the idle time-out.
  void deregister() {
    auto portd = session_.reconnected();
    if (portd) (void)(*portd)->deregister(instance_of(derived_.key));
  }

  std::filesystem::path folder() const { return folder_.empty() ? session_.environment().folder : folder_; }
  std::string name() const { return name_here(derived_.key, derived_.key.project); }

  Session& session_;
  const RunOptions& options_;
  config::DerivedKey derived_;
  std::vector<std::string> command_;
  std::filesystem::path folder_;
  Api* portd_ = nullptr;
  Lease lease_;
  Framework framework_ = Framework::unknown;
  Descriptor socket_;  // kept while the service restarts, so that no connection is refused
};

Outcome<Exit> run(Session& session, const RunOptions& options) {
  auto done = Runner(session, options).run();
  if (done) return done;
  session.fail(done.error());
  return static_cast<Exit>(own_failure);
}

Run declare(CLI::App& app) {
  const auto options = std::make_shared<RunOptions>();
  app.prefix_command();
  app.add_option("--service", options->key.service, "Service (default: PORTD_SERVICE, else of the folder)");
  app.add_option("--project", options->key.project, "Project (default: of portd.yaml, else the git checkout's folder)");
  app.add_option("--instance", options->key.instance,
                 "Instance (default: PORTD_INSTANCE, else the git worktree, else main)");
  app.add_option("--env", options->key.environment, "Environment (default: PORTD_ENV, else development)");
  add_role_option(app, options->key);
  app.add_option("--kind", options->kind, "process: the lease ends with the command (default: sticky)");
  app.add_flag("--no-handover", options->no_handover, "The command opens its port itself");
  auto* reuse = app.add_flag("--reuse", options->reuse, "When it already runs: print its URL, exit 0");
  auto* replace = app.add_flag("--replace", options->replace, "When it already runs: end that one")->excludes(reuse);
  app.add_flag("--new", options->another, "When it already runs: as the next instance, main-2")
      ->excludes(reuse)
      ->excludes(replace);
  return [options, parser = &app](Session& session) {
    RunOptions whole = *options;
    whole.command = parser->remaining();
    if (!whole.command.empty() && whole.command.front() == "--") whole.command.erase(whole.command.begin());
    return run(session, whole);
  };
}

}  // namespace

Verb run_verb() {
  return {
      "run", "Run a command with its port: leased, registered, handed over where it can be",
      "The command has the terminal, its signals and its exit code; failures of portc itself are 125. It learns its\n"
      "port as PORT, FLASK_RUN_PORT and UVICORN_PORT; {port} and {url} in it are filled in. Flask, gunicorn, uvicorn\n"
      "and hypercorn get a socket that already listens and outlives their restarts. Without a command the one of\n"
      "portd.yaml runs, once it is trusted.\n"
      "\n"
      "Examples:\n"
      "  portc run -- flask run --debug\n"
      "  portc run --service web -- npm run dev\n"
      "  portc run -- ./serve --listen :{port}\n"
      "  portc run --reuse -- flask run",
      declare};
}

}  // namespace portd::client
