#include "daemon/platform/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "daemon/platform/platform.hpp"

namespace portd::platform {
namespace {

rlimit read_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

// macOS reports no hard limit and refuses more than OPEN_MAX of its <sys/syslimits.h>.
constexpr rlim_t open_max = 10'240;

bool raise_to(rlimit limit, rlim_t soft) {
  limit.rlim_cur = soft;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

std::size_t descriptor_reserve(std::size_t soft_limit) {
  // Never more than half, so that some ports are held even under a limit of 64.
  return std::min(soft_limit / 2, std::clamp<std::size_t>(soft_limit / 20, 64, 256));
}

bool in_reserve(int descriptor) {
  // Read each time: prlimit(1) may change it, and create_platform() may run before it is raised.
  const auto soft = static_cast<std::size_t>(read_limit().rlim_cur);
  return static_cast<std::size_t>(descriptor) >= soft - descriptor_reserve(soft);
}

DescriptorLimit raise_descriptor_limit() {
  const rlimit before = read_limit();
  if (!raise_to(before, before.rlim_max) && before.rlim_cur < open_max) raise_to(before, open_max);
  const auto soft = static_cast<std::size_t>(read_limit().rlim_cur);
  return {static_cast<std::size_t>(before.rlim_cur), soft, descriptor_reserve(soft)};
}

}  // namespace portd::platform
