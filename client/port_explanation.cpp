#include "client/port_explanation.hpp"

#include <algorithm>

namespace portd::client {
namespace {

std::string leased_to(const PortReport& report) {
  const std::string port = "port " + report.port.text();
  if (!report.lease) return port + " is leased";
  return port + " is leased to " + report.lease->key.text() + " since " + to_rfc3339(report.lease->created_at);
}

std::string name_of(const Holder& process) {
  return "pid " + std::to_string(process.id.pid) + " (" + process.command + ")";
}

// Whoever listens, as far as portd may see it.
std::string listener_of(const PortReport& report) {
  for (const Listener& listener : report.listeners) {
    if (listener.process) return name_of(*listener.process) + " of " + listener.user;
  }
  return report.listeners.empty() ? "somebody" : "a process of " + report.listeners.front().user;
}

bool is_of(const PortReport& report, std::optional<pid_t> pid) {
  return pid && std::ranges::any_of(report.listeners, [pid](const Listener& listener) {
           return listener.process && listener.process->id.pid == *pid;
         });
}

std::string reserved(const PortReport& report) {
  const bool held = report.lease && report.lease->held;
  const std::string rest = held ? "; nobody listens, and portd holds it for that service" : "; nobody listens";
  return "reserved: " + leased_to(report) + rest + ".";
}

std::string kill_listener(const PortReport& report) {
  const auto known = std::find_if(report.listeners.begin(), report.listeners.end(),
                                  [](const Listener& listener) { return listener.process.has_value(); });
  if (known == report.listeners.end()) return "sudo ss -Hltunp 'sport = :" + report.port.text() + "'";
  return "kill " + std::to_string(known->process->id.pid);
}

}  // namespace

std::string reason_of(const PortReport& report, std::optional<pid_t> portd) {
  std::string port = "port " + report.port.text();
  switch (report.verdict) {
    case Verdict::free:
      return "free: " + port + " is not leased, and nobody listens on it.";
    case Verdict::reserved:
      return reserved(report);
    case Verdict::listening:
      return "listening: " + leased_to(report) + ", and its service listens: " + listener_of(report) + ".";
    case Verdict::contested:
      return "contested: " + leased_to(report) + ", but " + listener_of(report) + " listens on it instead.";
    case Verdict::foreign:
      if (is_of(report, portd)) return "foreign: " + port + " is portd's own: its API listens on it.";
      return "foreign: " + port + " is not leased; " + listener_of(report) + " listens on it.";
    case Verdict::excluded:
      return "excluded: " + port + " is never granted: the configuration excludes it, or a well-known program uses it.";
    case Verdict::blocked:
      return "blocked: " + port + " is never granted, because browsers refuse to open it.";
  }
  return port;
}

std::string next_step_of(const PortReport& report, std::optional<pid_t> portd) {
  const std::string port = report.port.text();
  switch (report.verdict) {
    case Verdict::free:
      return "portc allocate --port " + port;
    case Verdict::reserved:
      return "portc release " + port;
    case Verdict::listening:
      return "curl http://localhost:" + port + "/";
    case Verdict::contested:
    case Verdict::foreign:
      if (is_of(report, portd)) return "portc daemon status";
      return kill_listener(report);
    case Verdict::excluded:
    case Verdict::blocked:
      return "portc port";
  }
  return "portc ls";
}

}  // namespace portd::client
