#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "daemon/core/processes.hpp"
#include "daemon/platform/linux/sock_diag.hpp"
#include "daemon/platform/linux/socket_owners.hpp"

namespace portd::platform {

// TCP sockets that listen, and UDP sockets that take datagrams from anybody (bound, not connected).
class SockDiagListeners final : public core::Listeners {
 public:
  explicit SockDiagListeners(std::shared_ptr<const Boot> boot) : owners_(std::move(boot)) {}

  std::vector<Listener> snapshot() const override;
  std::optional<Listener> reached_by(const std::string& address, Port port) const override;
  void identify(std::vector<Listener>& listeners) const override;

 private:
  Listener listener_of(Protocol protocol, const inet_diag_msg& socket) const;
  const std::string& user_name(uid_t uid) const;

  // What was learnt before; it changes no answer.
  mutable SockDiag kernel_;
  mutable SocketOwners owners_;
  mutable std::map<uid_t, std::string> user_names_;
};

}  // namespace portd::platform
