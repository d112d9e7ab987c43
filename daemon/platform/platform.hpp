#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/core/alerts.hpp"
#include "daemon/core/holds.hpp"
#include "daemon/core/peers.hpp"
#include "daemon/core/processes.hpp"

// What differs by system, behind small interfaces. One implementation is linked: platform/linux or
// platform/portable.
namespace portd::platform {

struct Platform {
  std::unique_ptr<core::Holds> holds;
  std::unique_ptr<core::Processes> processes;
  std::unique_ptr<core::Listeners> listeners;
  std::unique_ptr<core::Peers> peers;
};

// `loop` runs the process watch and must outlive the result.
Platform create_platform(boost::asio::io_context& loop);

// "linux" or "portable": which implementation is linked.
const char* platform_name();

struct DescriptorLimit {
  std::size_t soft_before = 0;  // what a child process gets back
  std::size_t soft = 0;
  std::size_t reserve = 0;  // of these, kept free of holds: for connections, files and timers
};

// Raises the soft limit of RLIMIT_NOFILE to the hard one.
DescriptorLimit raise_descriptor_limit();

// How long the machine has been suspended since boot (CLOCK_BOOTTIME - CLOCK_MONOTONIC); zero where unknown.
std::chrono::nanoseconds suspended_time();

// systemd's sd_notify(3) protocol: sends e.g. "READY=1" to $NOTIFY_SOCKET; does nothing without one.
void notify_supervisor(std::string_view state);

// Sockets that the supervisor passed (LISTEN_FDS, sd_listen_fds(3)); close-on-exec; empty without.
std::vector<int> inherited_sockets();

}  // namespace portd::platform
