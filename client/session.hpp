#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "client/api.hpp"
#include "client/endpoint_discovery.hpp"
#include "client/environment.hpp"
#include "client/table.hpp"

namespace portd::client {

// Flags that every verb takes.
struct CommonFlags {
  EndpointFlags endpoint;
  bool json = false;
  std::vector<std::string> command{};  // behind `--`, of a verb that runs one
};

// What a verb works with: the way to portd, and the way to the person.
class Session {
 public:
  // The references must outlive this.
  Session(const Environment& environment, const CommonFlags& flags, std::ostream& out, std::ostream& err);

  // The portd that was named, else the running one, else one that is started now (said once on stderr; not with
  // PORTD_AUTOSTART=0). Connects once. Failures: no_daemon, not_allowed, usage, configuration.
  Outcome<Api*> portd();
  // The same, but never starts one.
  Outcome<Api*> running_portd();

  // Connects anew, to wherever portd is by now; never starts one.
  Outcome<Api*> reconnected();

  // The portd that was talked to so far; null: none.
  Api* connected() { return api_ ? &*api_ : nullptr; }

  // Starts a portd and says so on stderr. Failure: no_daemon, configuration.
  Outcome<Api*> start();

  void print(const Table& table);
  void print(const Json& json);  // indented
  void print_line(std::string_view line);
  void print_lines(std::string_view lines);  // each of them escaped
  void print_json_line(const Json& json);    // compact
  void print_safe(std::string_view lines);   // escaped already; may carry colours
  // Writes out what was printed. False once nobody reads it any more.
  bool flush();
  void note(std::string_view text);  // "portc: ..." on stderr, control characters escaped
  void fail(const Failure& failure);

  // Whether somebody is there to answer: stdin and stderr are terminals.
  bool can_ask() const;
  // Asks on stderr; any answer but "y" and "yes" is no.
  bool confirms(std::string_view question);

  const Environment& environment() const { return environment_; }
  const EndpointFlags& endpoint_flags() const { return flags_.endpoint; }
  bool json() const { return flags_.json; }
  const std::vector<std::string>& command() const { return flags_.command; }

 private:
  Outcome<Connection> connect();
  Api* keep(Connection connection);

  const Environment& environment_;
  const CommonFlags& flags_;
  std::ostream& out_;
  std::ostream& err_;
  std::optional<Api> api_;
};

}  // namespace portd::client
