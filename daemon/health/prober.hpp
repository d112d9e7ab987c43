#pragma once

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <optional>

#include "daemon/core/prober.hpp"

namespace portd::health {

struct Options {
  std::size_t at_once = 100;  // probes in flight; the others wait for their turn
  std::optional<rlim_t>
      descriptors_before{};  // the soft RLIMIT_NOFILE that a command gets: portd's before it raised it
};

// Makes checks of every type. `loop` and `desk` must outlive it; what it leaves on the loop touches neither.
std::unique_ptr<core::Prober> create_prober(boost::asio::io_context& loop, core::ProbeDesk& desk, Options options = {});

}  // namespace portd::health
