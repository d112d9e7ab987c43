#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/processes.hpp"
#include "daemon/platform/linux/sock_diag.hpp"
#include "daemon/platform/linux/socket_owners.hpp"

namespace portd::platform {

// TCP sockets that listen, and UDP sockets that take datagrams from anybody (bound, not connected).
class SockDiagListeners final : public core::Listeners {
 public:
  explicit SockDiagListeners(std::shared_ptr<const Boot> boot) : boot_(boot), owners_(std::move(boot)) {}

  // A kind of socket that the kernel does not tell of this time is as it was.
  std::vector<core::OpenSocket> sockets() const override;
  Listener describe(const core::OpenSocket& socket) const override;
  std::optional<Listener> reached_by(const std::string& address, Port port) const override;
  void identify(std::vector<Listener>& listeners) const override;
  Origin origin(const ProcessId& process) const override;

 private:
  const std::string& user_name(uid_t uid) const;

  std::shared_ptr<const Boot> boot_;
  // What was learnt before.
  mutable std::array<std::vector<core::OpenSocket>, 4> told_;  // TCP and UDP, of both families
  mutable SockDiag kernel_;
  mutable SocketOwners owners_;
  mutable std::map<uid_t, std::string> user_names_;
};

}  // namespace portd::platform
