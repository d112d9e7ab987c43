#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "daemon/core/processes.hpp"
#include "daemon/platform/linux/exit_watches.hpp"
#include "daemon/platform/linux/proc_holder.hpp"

namespace portd::platform {

// Processes as /proc shows them. A zombie counts as exited. Owner is the real uid.
class ProcProcesses final : public core::Processes {
 public:
  ProcProcesses(boost::asio::io_context& loop, std::shared_ptr<const Boot> boot);

  Result<Holder> inspect(pid_t pid, uid_t owner) const override;
  bool alive(const ProcessId& id) const override;
  bool descends(pid_t pid, const ProcessId& ancestor) const override;
  std::optional<std::string> environment(pid_t pid, const std::string& name) const override;
  void watch(const ProcessId& id, std::function<void()> exited) override { watches_.add(id, std::move(exited)); }
  void unwatch(const ProcessId& id) override { watches_.remove(id); }

 private:
  bool is(const ProcessId& id, const ProcFolder::Stat& stat) const;

  std::shared_ptr<const Boot> boot_;  // shared with the listeners, so that both tell the same of a process
  std::string pid_namespace_;         // "pid:[4026531836]"
  ExitWatches watches_;
};

}  // namespace portd::platform
