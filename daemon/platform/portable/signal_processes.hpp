#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/core/processes.hpp"
#include "daemon/platform/exit_polls.hpp"

namespace portd::platform {

// Processes as kill(2) with signal 0 shows them. POSIX tells neither when a process started, nor its parent, command,
// folder or environment: a pid that is in use again, and a zombie, count as the process; its descendants are not known.
class SignalProcesses final : public core::Processes {
 public:
  explicit SignalProcesses(boost::asio::io_context& loop);

  // For root, who may signal everybody, the owner is not checked.
  Result<Holder> inspect(pid_t pid, uid_t owner) const override;
  bool alive(const ProcessId& id) const override;
  bool descends(pid_t pid, const ProcessId& ancestor) const override;
  std::optional<std::string> environment(pid_t pid, const std::string& name) const override;
  void watch(const ProcessId& id, std::function<void()> exited) override { polls_.add(id, std::move(exited)); }
  void unwatch(const ProcessId& id) override { polls_.remove(id); }

 private:
  ExitPolls polls_;
};

}  // namespace portd::platform
