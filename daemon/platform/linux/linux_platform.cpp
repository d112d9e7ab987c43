#include "daemon/platform/linux/proc_holder.hpp"
#include "daemon/platform/linux/proc_processes.hpp"
#include "daemon/platform/linux/sock_diag_listeners.hpp"
#include "daemon/platform/linux/sock_diag_peers.hpp"
#include "daemon/platform/linux/socket_holds.hpp"
#include "daemon/platform/platform.hpp"

namespace portd::platform {

Platform create_platform(boost::asio::io_context& loop) {
  const auto boot = std::make_shared<const Boot>();
  return {std::make_unique<SocketHolds>(), std::make_unique<ProcProcesses>(loop, boot),
          std::make_unique<SockDiagListeners>(boot), std::make_unique<SockDiagPeers>()};
}

const char* platform_name() { return "linux"; }

std::chrono::nanoseconds suspended_time() { return measure_suspended_time(); }

}  // namespace portd::platform
