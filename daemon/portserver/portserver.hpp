#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "daemon/core/alerts.hpp"
#include "daemon/portserver/conversation.hpp"
#include "daemon/sockets/sockets.hpp"

namespace portd::portserver {

struct Limits {
  // Who is over it waits in the system's queue: a test suite that is refused would pick ports by itself.
  std::size_t conversations = 256;
  Millis line_time{5'000};
  Millis shutdown_time{5'000};
  Millis calm_time{30'000};  // without another failed accept, until the alert of one is resolved
};

// The protocol of portpicker's portserver, on a unix socket: a client sends "<pid>\n" and gets "<port>\n", or nothing
// when it is denied; then the connection is over. Each call leases another port to that process, for as long as it
// lives. Source: portpicker 1.6, portpicker.py and portserver.py. Loop thread only.
class Portserver {
 public:
  // Everything in `context`, the loop and the alerts outlive this.
  Portserver(boost::asio::io_context& loop, Context context, core::Alerts& alerts, Limits limits);

  // Binds the socket (0600), replacing a file that nobody listens on; not yet accepting. Error: store_unavailable with
  // the reason.
  Result<void> bind(const std::filesystem::path& path);

  // Accepts from now on. Nothing without a socket.
  void start();

  // Stops accepting, removes the socket, ends whoever has not asked yet; calls `stopped`, from the loop, once those
  // that have asked are answered, or when limits.shutdown_time is over.
  void stop(std::function<void()> stopped);

  // Where it listens; empty: nowhere.
  const std::filesystem::path& path() const { return path_; }

  std::size_t conversations() const { return conversations_.size(); }

 private:
  void accept_next();
  void accepted(Socket socket);
  void pause_accepting(const boost::system::error_code& cause);
  void resolve_once_calm();
  void ended(const std::shared_ptr<Conversation>& conversation);
  void tell_stopped();

  Executor executor_;
  Context context_;
  core::Alerts& alerts_;
  Limits limits_;
  std::optional<Acceptor> acceptor_;
  std::filesystem::path path_;
  Timer pause_;
  Timer shutdown_;
  Timer calm_;
  std::set<std::shared_ptr<Conversation>> conversations_;
  bool accepting_ = false;  // an accept is under way, or will be after a pause
  bool accept_failed_ = false;
  std::function<void()> stopped_;
};

}  // namespace portd::portserver
