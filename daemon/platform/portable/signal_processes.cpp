#include "daemon/platform/portable/signal_processes.hpp"

#include <signal.h>

#include <cerrno>

namespace portd::platform {
namespace {

Error refusal(pid_t pid, const char* reason) {
  return {Problem::invalid_value,
          "pid " + std::to_string(pid) + " " + reason + "; give the pid of a live process of yours, or omit \"pid\"",
          {{"pid", std::int64_t{pid}}}};
}

}  // namespace

SignalProcesses::SignalProcesses(boost::asio::io_context& loop)
    : polls_(loop, [this](const ProcessId& id) { return alive(id); }) {}

Result<Holder> SignalProcesses::inspect(pid_t pid, uid_t) const {
  if (pid <= 0) return refusal(pid, "is no pid");
  if (::kill(pid, 0) == 0) return Holder{{"", pid, 0}, "", "", TimePoint{}};
  return refusal(pid, errno == EPERM ? "belongs to another user" : "is not running");
}

bool SignalProcesses::alive(const ProcessId& id) const {
  return id.pid > 0 && (::kill(id.pid, 0) == 0 || errno == EPERM);
}

bool SignalProcesses::descends(pid_t pid, const ProcessId& ancestor) const {
  return pid == ancestor.pid && alive(ancestor);
}

std::optional<std::string> SignalProcesses::environment(pid_t, const std::string&) const { return std::nullopt; }

}  // namespace portd::platform
