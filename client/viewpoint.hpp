#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "client/connection.hpp"
#include "client/environment.hpp"
#include "common/time.hpp"

namespace portd::client {

// Who looks at a port, and when: what is "yours", how long ago something was, and which process is portd.
struct Viewpoint {
  std::optional<pid_t> portd{};  // its own pid, where it is known
  std::string user{};
  std::string home{};
  TimePoint now{};
};

Viewpoint viewpoint_of(const Environment& environment, const Connection& to_portd);

}  // namespace portd::client
