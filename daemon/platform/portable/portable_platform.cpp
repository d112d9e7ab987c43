#include "daemon/platform/platform.hpp"
#include "daemon/platform/portable/portable_listeners.hpp"
#include "daemon/platform/portable/probing_holds.hpp"
#include "daemon/platform/portable/signal_processes.hpp"
#include "daemon/platform/unix_peer.hpp"

namespace portd::platform {
namespace {

// Over TCP the peer is unknown, so that a token is needed.
class UnixPeers final : public core::Peers {
 public:
  std::optional<uid_t> uid_of(const core::TcpPair&) const override { return std::nullopt; }
  std::optional<core::Caller> of_unix_socket(int socket) const override { return unix_peer(socket); }
};

}  // namespace

Platform create_platform(boost::asio::io_context& loop) {
  return {std::make_unique<ProbingHolds>(), std::make_unique<SignalProcesses>(loop), create_listeners(),
          std::make_unique<UnixPeers>()};
}

const char* platform_name() { return "portable"; }

std::chrono::nanoseconds suspended_time() { return {}; }

}  // namespace portd::platform
