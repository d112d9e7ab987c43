#pragma once

#include <chrono>
#include <string>

#include "common/lease.hpp"
#include "daemon/platform/linux/proc.hpp"

namespace portd::platform {

// This boot of the machine: gives processes their identity and their start a moment on the wall clock.
class Boot {
 public:
  Boot();

  const std::string& id() const { return id_; }

  // What /proc tells of a process. Always the same for the same process: the clock is read once, at our own start.
  Holder holder(pid_t pid, const ProcFolder& folder, const ProcFolder::Stat& stat) const;

 private:
  std::string id_;
  std::chrono::sys_time<std::chrono::nanoseconds> at_;
  std::uint64_t ticks_per_second_;
};

// How long the machine was suspended since it booted.
std::chrono::nanoseconds measure_suspended_time();

}  // namespace portd::platform
