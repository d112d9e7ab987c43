#include "client/service_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <variant>

#include "client/child_process.hpp"
#include "client/end_process.hpp"
#include "client/find_or_grant.hpp"
#include "client/inherited_lease.hpp"
#include "client/launch_variables.hpp"
#include "client/project_declaration.hpp"
#include "client/trust.hpp"
#include "client/untrusted_variables.hpp"
#include "common/listen_address.hpp"

namespace portd::client {
namespace {

constexpr int werkzeug_again = 3;  // the exit code with which Werkzeug asks its reloader to start it again
constexpr Millis end_time{10'000};
constexpr int most_instances = 100;

// What a server that runs answers, whatever it thinks of GET /; as many as a check may name.
constexpr std::array statuses_of_a_server{200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 304,
                                          307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 409,
                                          410, 411, 415, 418, 421, 422, 426, 428, 429, 451};
// A server whose import fails answers every look with a page of traceback on the terminal.
constexpr const char* start_interval = "2s";

// A line for the shell that is no more than words needs no shell, and then it can be told its port. `exec` is what
// portc does anyway. No words: it needs one.
std::vector<std::string> words_of(const std::string& line) {
  const bool plain =
      line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+,= ") ==
      std::string::npos;
  std::vector<std::string> words;
  for (std::size_t start = 0; plain && start < line.size();) {
    const std::size_t end = std::min(line.find(' ', start), line.size());
    if (end > start) words.push_back(line.substr(start, end - start));
    start = end + 1;
  }
  if (!words.empty() && words.front() == "exec") words.erase(words.begin());
  if (!words.empty() && words.front().find('=') != std::string::npos) words.clear();
  return words;
}

// A host as the address of a socket; empty where portd makes none for it.
std::string numeric_host(const std::string& host) {
  if (host == "localhost") return "127.0.0.1";
  if (host.starts_with("127.") && host != "127.0.0.1") return "";  // http://localhost does not reach it
  const auto address = ListenAddress::parse(host);
  return address ? address->text() : "";
}

bool is_problem(const Failure& failure, std::string_view type) {
  return failure.problem && failure.problem->value("type", std::string()).ends_with(type);
}

// The process that already runs the service.
std::optional<pid_t> running_pid(const Failure& failure) {
  if (!is_problem(failure, ":already-running")) return std::nullopt;
  const int pid = failure.problem->value("pid", 0);
  return pid > 0 ? std::optional<pid_t>(pid) : std::nullopt;
}

class ServiceRun {
 public:
  ServiceRun(Session& session, const RunRequest& request, config::DerivedKey derived)
      : session_(session), request_(request), derived_(std::move(derived)), folder_(session.environment().folder) {}

  Outcome<Exit> run() {
    if (auto found = find_command(); !found) return found.error();
    if (auto runnable = find_program(child()); !runnable) return runnable.error();
    recognised_ = recognise(command_, folder_);
    read_address();
    auto portd = session_.portd();
    if (!portd) return portd.error();
    portd_ = *portd;
    way_ = socket_way();
    auto elsewhere = grant();
    if (!elsewhere) return elsewhere.error();
    if (*elsewhere) {
      tell_running(**elsewhere);
      return Exit::yes;
    }
    return run_leased();
  }

 private:
  const config::ProjectService* declared() const { return derived_.declared(); }

  // The one on the command line, else the one that the project file declares, once it is trusted.
  Outcome<void> find_command() {
    if (declared() != nullptr) {
      auto allowed = refuse_untrusted(*declared(), *derived_.project, session_.environment());
      if (!allowed) return allowed.error();
    }
    command_ = request_.command;
    if (!command_.empty()) return {};
    if (declared() == nullptr || !declared()->command) {
      return Failure{Exit::usage, "there is nothing to run; write it behind --, such as: portc run -- flask run"};
    }
    const auto trusted = Trust(session_.environment().paths()).covers(*derived_.project);
    if (!trusted) return trusted.error();
    if (!*trusted) {
      return Failure{Exit::not_allowed, derived_.project->file.string() +
                                            " is not trusted, or was edited since; read its commands, then: portc "
                                            "trust"};
    }
    const config::ProjectCommand& command = *declared()->command;
    folder_ = declared()->cwd;
    command_ = command.shell ? words_of(command.argv.front()) : command.argv;
    // A builtin, such as cd, is no program.
    if (command.shell && (command_.empty() || !find_program(child())))
      command_ = {"/bin/sh", "-c", command.argv.front()};
    return {};
  }

  ChildCommand child() const { return {command_, session_.environment().variables, folder_}; }

  void read_address() {
    states_address_ = states_address(command_, recognised_);
    stated_port_ = stated_port(command_, recognised_);
    const auto host = stated_host(command_, recognised_);
    if (states_address_) address_ = host ? numeric_host(*host) : "";
  }

  Json grant_body() const {
    Json body = grant_request(derived_);
    body["pid"] = ::getpid();
    if (stated_port_) {  // the command opens that one and no other
      body.erase("range");
      body["port"] = stated_port_->number();
      body["on_conflict"] = to_text(OnConflict::fail);
    }
    if (!request_.kind.empty()) body["kind"] = request_.kind;
    if (way_ != SocketWay::none) body["handover"] = true;  // or somebody with SO_REUSEADDR may take the port before
    return body;
  }

  Outcome<Granted> ask() {
    const Json body = grant_body();
    auto granted = portd_->grant(body, patience_for(body).value());
    if (granted) return granted;
    return in_words_of_portc(granted.error());
  }

  // What portd advises is a request, or a field of one.
  Failure in_words_of_portc(Failure failure) const {
    const std::string field = failure.problem ? failure.problem->value("field", std::string()) : "";
    if (is_problem(failure, ":key-conflict")) {
      failure.detail = failure.detail.substr(0, failure.detail.find("; ")) + "; give it back with: portc release " +
                       name_here(derived_.key, project_of_folder(session_.environment()));
      if (field == "kind") failure.detail += ", or leave --kind out";
    } else if (stated_port_ && (is_problem(failure, ":port-in-use") || field == "port")) {
      failure.detail = failure.detail.substr(0, failure.detail.rfind("; ")) +
                       "; state another in the command, or leave it out there";
    }
    return failure;
  }

  // The lease; or the service that already runs, as portd tells of it, where that is what was asked for.
  Outcome<std::optional<Json>> grant() {
    tell_undeclared(session_, derived_);
    const std::string instance = derived_.key.instance;
    for (int number = 2;; ++number) {
      auto granted = ask();
      if (granted) {
        lease_ = std::move(granted->leases.front());
        if (!stated_port_) tell_other_port(session_, derived_, lease_.lease);
        return std::optional<Json>();
      }
      const auto pid = running_pid(granted.error());
      if (!pid) return granted.error();
      if (request_.when_running == WhenRunning::reuse) return granted.error().problem;
      auto again = make_room(granted.error(), *pid, to_name(instance + "-" + std::to_string(number)), number);
      if (!again) return again.error();
    }
  }

  void tell_running(const Json& running) {
    if (!session_.json()) return session_.print_line(running.value("url", std::string()));
    Json told = Json::object();
    for (const char* name : {"url", "port", "pid", "command"}) {
      if (running.contains(name)) told[name] = running.at(name);
    }
    session_.print_json_line(told);
  }

  // For another question to portd.
  Outcome<void> make_room(const Failure& running, pid_t pid, const std::string& next, int number) {
    switch (request_.when_running) {
      case WhenRunning::another:
        if (number >= most_instances) return running;
        derived_.key.instance = next;
        return {};
      case WhenRunning::replace:
        if (auto runs = check_runs(running, pid); !runs) return runs.error();
        session_.note("ending pid " + std::to_string(pid));
        return end_process(pid, end_time, [this, pid] {
          const auto still = ask();
          return !still && running_pid(still.error()) == pid;
        });
      case WhenRunning::refuse:
      case WhenRunning::reuse:
        break;
    }
    return Failure{Exit::conflict,
                   running.detail + "; --reuse prints its URL, --replace ends it, --new starts another instance",
                   running.problem};
  }

  // A holder may be the shell in which somebody has leased the port: that is not what to replace means.
  Outcome<void> check_runs(const Failure& running, pid_t pid) {
    auto found = portd_->find(derived_.key);
    if (!found) return found.error();
    if (!*found || (*found)->lease.state != LeaseState::reserved) return {};
    const std::string command = running.problem->value("command", std::string());
    const std::string program = command.substr(0, command.find(' '));
    if (command.starts_with(program + " run ") && std::filesystem::path(program).filename() == "portc") return {};
    const std::string name = name_here(derived_.key, derived_.key.project);
    return Failure{Exit::conflict, "pid " + std::to_string(pid) + " (" + command + ") holds " + name +
                                       ", but nobody listens on its port; give it back with: portc release " + name};
  }

  Outcome<Exit> run_leased() {
    tell_stated_address();
    command_ = filled_in(std::move(command_), lease_.lease.port.text(), lease_.lease.url());
    if (auto taken = take_socket(); !taken) return taken.error();
    const bool registered = registers();
    if (registered) {
      if (auto done = register_service(); !done) return done.error();
    }
    tell_where();
    auto code = run_command();
    if (registered) deregister();
    if (!code) return code.error();
    return static_cast<Exit>(*code);
  }

  void tell_where() {
    if (session_.json()) session_.print_json_line(lease_.json);
    session_.note(name_here(derived_.key, derived_.key.project) + " is at " + lease_.lease.url());
    session_.flush();
  }

  // A service is registered with the port of its main role: a run of another stands beside that. A run within a run of
  // the same service is part of it: that has registered it, and serves on.
  bool registers() const {
    const bool main_role = derived_.key.role == (declared() == nullptr ? Key{}.role : declared()->main_role());
    if (!main_role) return false;
    // Only portc run leaves its folder; a program that has leased by itself has registered nothing for us.
    if (session_.environment().variable("PORTD_LEASE_CWD").empty()) return true;
    const auto outer = inherited_lease(session_.environment());
    const auto& holder = lease_.lease.holder;
    return !outer || outer->key != lease_.lease.key || (holder && holder->id.pid == ::getpid());
  }

  // How the command takes a socket; none: it is to open its port by itself.
  SocketWay socket_way() const {
    if (request_.hand_over == HandOver::never || address_.empty()) return SocketWay::none;
    if (request_.hand_over == HandOver::always) {
      return recognised_.framework.socket == SocketWay::none ? SocketWay::listen_fds : recognised_.framework.socket;
    }
    // No descriptor comes over TCP; where one is expected, portd would keep everybody off the port until it is sent.
    const bool local = std::holds_alternative<UnixAddress>(portd_->connection().address());
    return local ? recognised_.framework.socket : SocketWay::none;
  }

  // Before {port} is filled in: written there, it is the port that was asked for.
  void tell_stated_address() {
    const bool asked_for = std::ranges::any_of(command_, [](const std::string& word) {
      return word.find("{port}") != std::string::npos || word.find("{url}") != std::string::npos;
    });
    if (!states_address_ || asked_for || stated_port_) return;
    if (stated_host(command_, recognised_)) {
      const bool lost = address_.empty() && request_.hand_over != HandOver::never;
      if (lost) session_.note("with a host of its own no socket is handed over: restarts refuse connections");
      return;
    }
    session_.note("the command states an address of its own; leave it out, or write {port} there");
  }

  Outcome<void> take_socket() {
    if (way_ == SocketWay::none) return {};
    auto socket = portd_->take_socket(lease_.lease, address_);
    if (socket) {
      socket_ = std::move(*socket);
      return {};
    }
    // On a system that hands nothing over, the service opens its port itself.
    const bool cannot = socket.error().exit == Exit::usage || socket.error().exit == Exit::not_found;
    if (!cannot || request_.hand_over == HandOver::always) return socket.error();
    way_ = SocketWay::none;
    // None is expected any more.
    if (auto again = ask(); !again) return again.error();
    return {};
  }

  Outcome<void> register_service() {
    Json declaration = Json::object();
    if (declared() != nullptr) {
      ProjectPorts ports(session_, derived_, derived_.key.instance);
      auto stated = declaration_of(*declared(), *derived_.project, ports);
      if (!stated) return stated.error();
      declaration = std::move(*stated);
    }
    declaration["port"] = lease_.lease.port.number();
    if (!declaration.contains("checks") && lease_.lease.protocol != Protocol::udp) {
      declaration["checks"] = Json::array({default_check()});
    }
    auto registered = portd_->register_instance(instance_key(), declaration);
    if (!registered) return registered.error();
    return {};
  }

  // A connection proves nothing while the socket outlives the service: the service itself has to answer, unless it
  // speaks TLS, which no check does.
  Json default_check() const {
    if (!socket_ || speaks_tls(command_, recognised_)) return {{"type", "tcp"}};
    return {
        {"type", "http"}, {"path", "/"}, {"expect_status", statuses_of_a_server}, {"start_interval", start_interval}};
  }

  Outcome<Variables> variables() {
    const bool gunicorn = recognised_.framework.socket == SocketWay::gunicorn && !states_address_;
    Variables variables = session_.environment().variables;
    if (declared() != nullptr) {
      ProjectPorts ports(session_, derived_, derived_.key.instance);
      for (const auto& [name, text] : declared()->env) {
        auto value = ports.fill_in(text);
        if (!value) return value.error();
        variables[name] = std::move(*value);
      }
    }
    return variables_for({lease_.lease, folder_, own_name(), ::getpid(), way_, gunicorn}, std::move(variables));
  }

  // What the command takes itself for, by its folder and its environment alone; empty where that cannot be told.
  std::string own_name() const {
    const auto own = config::derive_key(folder_, {}, session_.environment().variables);
    return own ? own->key.text() : "";
  }

  Outcome<int> run_command() {
    auto environment = variables();
    if (!environment) return environment.error();
    ChildCommand command = child();
    command.variables = std::move(*environment);
    if (way_ == SocketWay::none) {
      command.arguments = with_port(std::move(command.arguments), recognised_, lease_.lease.port.text());
    } else {
      command.arguments = with_socket(std::move(command.arguments), recognised_);
      command.socket = socket_.get();
      command.tells_pid = way_ == SocketWay::listen_fds;
      if (way_ == SocketWay::werkzeug) command.again = werkzeug_again;
    }
    return run_child(command);
  }

  // Over another connection: the first was closed with the handover, or by the idle time-out. Where this does not
  // succeed, portd does it as soon as it sees that we have ended.
  void deregister() {
    auto portd = session_.reconnected();
    if (portd) (void)(*portd)->deregister(instance_key());
  }

  InstanceKey instance_key() const { return {derived_.key.project, derived_.key.service, derived_.key.instance}; }

  Session& session_;
  const RunRequest& request_;
  config::DerivedKey derived_;
  std::vector<std::string> command_;
  std::filesystem::path folder_;
  Api* portd_ = nullptr;
  ListedLease lease_;
  Recognised recognised_;
  bool states_address_ = false;  // the command does
  std::optional<Port> stated_port_;
  std::string address_ = "127.0.0.1";  // where a socket for it listens; empty: nowhere, it opens one of its own
  SocketWay way_ = SocketWay::none;
  Descriptor socket_;  // kept while the service restarts, so that no connection is refused
};

}  // namespace

Outcome<Exit> run_service(Session& session, const RunRequest& request) {
  auto derived = derive(request.key, session.environment());
  if (!derived) return derived.error();
  return ServiceRun(session, request, std::move(*derived)).run();
}

}  // namespace portd::client
