#include "daemon/platform/linux/proc_holder.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace portd::platform {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// One clock ahead of another. Of several readings the tightest counts, for this thread may lose the processor between.
std::chrono::nanoseconds ahead(clockid_t clock, clockid_t other) {
  std::chrono::nanoseconds result{};
  auto tightest = std::chrono::nanoseconds::max();
  for (int reading = 0; reading < 3; ++reading) {
    const auto before = read_clock(other);
    const auto value = read_clock(clock);
    const auto after = read_clock(other);
    if (after - before >= tightest) continue;
    tightest = after - before;
    result = value - (before + tightest / 2);
  }
  return result;
}

std::string read_boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

}  // namespace

Boot::Boot()
    : id_(read_boot_id()),
      at_(ahead(CLOCK_REALTIME, CLOCK_BOOTTIME)),
      ticks_per_second_(static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))) {}

Holder Boot::holder(pid_t pid, const ProcFolder& folder, const ProcFolder::Stat& stat) const {
  std::string command = folder.command();
  if (command.empty()) command = stat.name;  // it has wiped its arguments
  const std::chrono::milliseconds after_boot(stat.start_ticks * 1000 / ticks_per_second_);
  return {{id_, pid, stat.start_ticks},
          std::move(command),
          folder.link("cwd").value_or(""),
          std::chrono::floor<Millis>(at_ + after_boot)};
}

std::chrono::nanoseconds measure_suspended_time() {
  // The difference of two readings may come out a little below nothing.
  return std::max(ahead(CLOCK_BOOTTIME, CLOCK_MONOTONIC), std::chrono::nanoseconds::zero());
}

}  // namespace portd::platform
