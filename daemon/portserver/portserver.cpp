#include "daemon/portserver/portserver.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace portd::portserver {

using boost::system::error_code;

namespace {

constexpr Millis accept_pause{100};

}  // namespace

Portserver::Portserver(boost::asio::io_context& loop, Context context, core::Alerts& alerts, Limits limits)
    : executor_(loop.get_executor()),
      context_(std::move(context)),
      alerts_(alerts),
      limits_(limits),
      pause_(executor_),
      shutdown_(executor_),
      calm_(executor_) {}

Result<void> Portserver::bind(const std::filesystem::path& path) {
  auto acceptor = bind_path(executor_, path);
  if (!acceptor) return acceptor.error();
  acceptor_ = std::move(*acceptor);
  path_ = path;
  return {};
}

void Portserver::start() {
  if (!acceptor_) return;
  acceptor_->listen(Acceptor::max_listen_connections);
  accept_next();
}

void Portserver::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  error_code ignored;
  pause_.cancel();
  calm_.cancel();
  if (acceptor_) {
    acceptor_->close(ignored);
    acceptor_.reset();
    ::unlink(path_.c_str());
  }
  const auto open = conversations_;  // they leave it as they end
  for (const auto& conversation : open) conversation->hurry();
  if (conversations_.empty()) return tell_stopped();
  shutdown_.expires_after(limits_.shutdown_time);
  shutdown_.async_wait([this](const error_code& cancelled) {
    if (!cancelled) tell_stopped();
  });
}

void Portserver::accept_next() {
  if (!acceptor_ || accepting_ || conversations_.size() >= limits_.conversations) return;
  accepting_ = true;
  acceptor_->async_accept([this](const error_code& error, Socket socket) {
    accepting_ = false;
    if (!acceptor_) return;
    if (error && error != boost::asio::error::connection_aborted) return pause_accepting(error);
    if (!error) accepted(std::move(socket));
    accept_next();
  });
}

// Out of descriptors or memory: accepting again at once would spin, for the connection stays in the queue.
void Portserver::pause_accepting(const error_code& cause) {
  alerts_.raise(AlertKind::descriptors_low, "portserver",
                "a connection to the portserver could not be accepted (" + cause.message() +
                    "); raise the limit (ulimit -n) and restart portd",
                context_.now().wall);
  accept_failed_ = true;
  calm_.cancel();
  accepting_ = true;
  pause_.expires_after(accept_pause);
  pause_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    accepting_ = false;
    accept_next();
  });
}

// One connection that gets through is not the end of it: the alert would come and go.
void Portserver::resolve_once_calm() {
  calm_.expires_after(limits_.calm_time);
  calm_.async_wait([this](const error_code& cancelled) {
    if (!cancelled && !accept_failed_) alerts_.resolve(AlertKind::descriptors_low, "portserver");
  });
}

void Portserver::accepted(Socket socket) {
  if (std::exchange(accept_failed_, false)) resolve_once_calm();
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  error_code error;
  socket.non_blocking(true, error);
  const auto peer = context_.peers.of_unix_socket(socket.native_handle());
  if (error || !peer) return;  // gone already
  if (peer->uid != context_.owner) {
    spdlog::info("event=portserver-denied why=\"it is another user's\" uid={}", peer->uid);
    return;
  }
  auto conversation =
      std::make_shared<Conversation>(std::move(socket), *peer, context_, [this](const auto& over) { ended(over); });
  conversations_.insert(conversation);
  conversation->begin(limits_.line_time);
}

void Portserver::ended(const std::shared_ptr<Conversation>& conversation) {
  conversations_.erase(conversation);
  accept_next();
  if (stopped_ && conversations_.empty()) tell_stopped();
}

void Portserver::tell_stopped() {
  shutdown_.cancel();
  if (stopped_) boost::asio::post(executor_, std::exchange(stopped_, nullptr));
}

}  // namespace portd::portserver
