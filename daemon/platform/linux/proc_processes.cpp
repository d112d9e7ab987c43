#include "daemon/platform/linux/proc_processes.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace portd::platform {
namespace {

constexpr int most_generations = 64;
constexpr std::size_t most_environment = 1'048'576;

Error refusal(pid_t pid, const std::string& reason) {
  return {Problem::invalid_value,
          "pid " + std::to_string(pid) + " " + reason + "; give the pid of a live process of yours, or omit \"pid\"",
          {{"pid", std::int64_t{pid}}}};
}

std::string own_namespace() {
  const auto self = ProcFolder::open(::getpid());
  return self ? self->link("ns/pid").value_or("") : "";
}

}  // namespace

ProcProcesses::ProcProcesses(boost::asio::io_context& loop, std::shared_ptr<const Boot> boot)
    : boot_(std::move(boot)),
      pid_namespace_(own_namespace()),
      watches_(loop, [this](const ProcessId& id) { return alive(id); }) {}

Result<Holder> ProcProcesses::inspect(pid_t pid, uid_t owner) const {
  const auto folder = ProcFolder::open(pid);
  const auto stat = folder ? folder->stat() : std::nullopt;
  if (!stat) return refusal(pid, "is not running here");
  if (!stat->is_running()) return refusal(pid, "has exited");
  if (folder->uid() != owner) return refusal(pid, "belongs to another user");
  const auto space = folder->link("ns/pid");
  if (!space) return refusal(pid, "does not let itself be inspected");
  if (*space != pid_namespace_) return refusal(pid, "runs in another pid namespace, such as a container");
  return boot_->holder(pid, *folder, *stat);
}

bool ProcProcesses::is(const ProcessId& id, const ProcFolder::Stat& stat) const {
  return id.start_ticks == stat.start_ticks && id.boot_id == boot_->id();
}

bool ProcProcesses::alive(const ProcessId& id) const {
  const auto stat = proc_stat(id.pid);
  return stat && stat->is_running() && is(id, *stat);
}

bool ProcProcesses::descends(pid_t pid, const ProcessId& ancestor) const {
  for (int generation = 0; generation <= most_generations; ++generation) {
    const auto stat = proc_stat(pid);
    if (!stat) return false;
    if (pid == ancestor.pid) return is(ancestor, *stat);
    pid = stat->parent;
  }
  return false;
}

std::optional<std::string> ProcProcesses::environment(pid_t pid, const std::string& name) const {
  const auto folder = ProcFolder::open(pid);
  const auto all = folder ? folder->read("environ", most_environment) : std::nullopt;
  if (!all) return std::nullopt;
  const std::string wanted = name + "=";
  for (std::string_view rest = *all; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(wanted)) return std::string(entry.substr(wanted.size()));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return std::nullopt;
}

}  // namespace portd::platform
