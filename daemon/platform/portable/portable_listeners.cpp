#include "daemon/platform/portable/portable_listeners.hpp"

#ifndef __APPLE__

namespace portd::platform {
namespace {

class NoListeners final : public core::Listeners {
 public:
  std::vector<core::OpenSocket> sockets() const override { return {}; }
  Listener describe(const core::OpenSocket& socket) const override {
    return {socket.protocol, "", socket.port, socket.inode, socket.uid, ""};
  }
  std::optional<Listener> reached_by(const std::string&, Port) const override { return std::nullopt; }
  void identify(std::vector<Listener>&) const override {}
  Origin origin(const ProcessId&) const override { return {}; }
};

}  // namespace

std::unique_ptr<core::Listeners> create_listeners() { return std::make_unique<NoListeners>(); }

}  // namespace portd::platform

#endif
