#include "client/session.hpp"

#include <string>

#include "client/autostart.hpp"
#include "client/terminal_text.hpp"

namespace portd::client {

Session::Session(const Environment& environment, const CommonFlags& flags, std::ostream& out, std::ostream& err)
    : environment_(environment), flags_(flags), out_(out), err_(err) {}

Api* Session::keep(Connection connection) { return &api_.emplace(std::move(connection)); }

Outcome<Connection> Session::connect() {
  auto stated = stated_address(flags_.endpoint, environment_);
  if (!stated) return stated.error();
  return *stated ? Connection::open(**stated) : connect_to_running(environment_.paths());
}

Outcome<Api*> Session::running_portd() {
  if (api_) return &*api_;
  auto connection = connect();
  if (!connection) return connection.error();
  return keep(std::move(*connection));
}

Outcome<Api*> Session::reconnected() {
  api_.reset();
  return running_portd();
}

Outcome<Api*> Session::portd() {
  auto running = running_portd();
  if (running || running.error().exit != Exit::no_daemon) return running;
  if (auto stated = stated_address(flags_.endpoint, environment_); !stated || *stated) return running;
  if (environment_.variable("PORTD_AUTOSTART") == "0") {
    return Failure{Exit::no_daemon, "portd is not running, and PORTD_AUTOSTART=0; start it with: portc daemon start"};
  }
  return start();
}

Outcome<Api*> Session::start() {
  auto started = start_portd(environment_);
  if (!started) return started.error();
  if (started->pid) note("started portd (pid " + std::to_string(*started->pid) + ")");
  return keep(std::move(started->connection));
}

void Session::print(const Table& table) { out_ << table.text(environment_.colour); }

void Session::print(const Json& json) { out_ << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n'; }

void Session::print_line(std::string_view line) { out_ << escaped(line) << '\n'; }

void Session::print_lines(std::string_view lines) {
  for (std::size_t end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
    print_line(lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  print_line(lines);
}

void Session::print_json_line(const Json& json) { out_ << dump_json(json) << '\n'; }

void Session::print_safe(std::string_view lines) { out_ << lines; }

bool Session::flush() { return out_.flush().good(); }

void Session::note(std::string_view text) {
  err_ << "portc: ";
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    err_ << escaped(text.substr(0, end)) << '\n';
    text.remove_prefix(end + 1);
  }
  err_ << escaped(text) << '\n';
}

bool Session::can_ask() const { return environment_.terminals.in && environment_.terminals.err && environment_.in; }

bool Session::confirms(std::string_view question) {
  err_ << "portc: " << escaped(question) << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(*environment_.in, answer)) err_ << '\n';
  return answer == "y" || answer == "Y" || answer == "yes";
}

void Session::fail(const Failure& failure) {
  note(failure.detail);
  if (json() && failure.problem) print(*failure.problem);
}

}  // namespace portd::client
