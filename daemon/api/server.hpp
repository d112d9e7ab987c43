#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/api/context.hpp"

namespace portd::api {

// HTTP/1.1 on loopback TCP and on the unix socket: one coroutine a connection, the gate before the routes.
class Server {
 public:
  virtual ~Server() = default;

  // Binds 127.0.0.1:port and [::1]:port, not yet accepting; one family suffices. port 0 picks one free in both.
  // Returns the port. Error: port_in_use when a family that exists refuses it.
  virtual Result<Port> bind_tcp(std::uint16_t port) = 0;

  // Binds the unix socket (0600), replacing a file that nobody listens on. Error: store_unavailable with the reason.
  virtual Result<void> bind_unix(const std::filesystem::path& path) = 0;

  // Takes over a listening socket from the supervisor. Returns its port, or nothing for a unix socket.
  virtual Result<std::optional<Port>> adopt_listener(int descriptor) = 0;

  // api.allowed_hosts, in place of those before.
  virtual void allow_hosts(std::vector<std::string> hosts) = 0;

  // Accepts from now on.
  virtual void start() = 0;

  // Stops accepting, ends waits and streams, lets what is in flight finish within limits.shutdown_time, closes
  // the rest, then calls `stopped`.
  virtual void stop(std::function<void()> stopped) = 0;

  virtual std::size_t connections() const = 0;
};

std::unique_ptr<Server> create_server(boost::asio::io_context& loop, Context context, Access access, Limits limits);

}  // namespace portd::api
