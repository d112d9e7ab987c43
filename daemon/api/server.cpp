#include "daemon/api/server.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <list>
#include <set>
#include <utility>

#include "daemon/api/session.hpp"
#include "daemon/sockets/sockets.hpp"

namespace portd::api {
namespace {

using boost::system::error_code;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr Millis accept_pause{100};
constexpr std::size_t turned_away_at_once = 64;

// Shared by the coroutines that run for it: the loop may keep their frames after the server has gone.
class Hub : public std::enable_shared_from_this<Hub> {
 public:
  Hub(Executor executor, Context context, Access access, Limits limits)
      : executor_(executor),
        around_{std::move(context), std::move(access), limits, Waiters(executor), Waiters(executor)},
        sweeper_(executor),
        shutdown_(executor),
        calm_(executor) {}

  Result<Port> bind_tcp(std::uint16_t port) {
    auto bound = bind_loopback(executor_, port);
    if (!bound) return bound.error();
    for (Acceptor& acceptor : bound->acceptors) acceptors_.push_back(std::move(acceptor));
    return bound->port;
  }

  Result<void> bind_unix(const std::filesystem::path& path) {
    auto acceptor = bind_path(executor_, path);
    if (!acceptor) return acceptor.error();
    acceptors_.push_back(std::move(*acceptor));
    unix_path_ = path;
    around_.unix_path = path.string();
    return {};
  }

  Result<std::optional<Port>> adopt_listener(int descriptor) {
    auto adopted = adopt(executor_, descriptor);
    if (!adopted) return adopted.error();
    acceptors_.push_back(std::move(adopted->acceptor));
    if (!adopted->path.empty()) around_.unix_path = adopted->path;
    return adopted->port;
  }

  void start() {
    around_.context.leases.on_port_freed([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->around_.port_waiters.wake_all();
    });
    around_.context.events.on_published([weak = weak_from_this()](const core::Event& event) {
      if (const auto self = weak.lock()) self->around_.event_waiters.wake(event);
    });
    for (Acceptor& acceptor : acceptors_) {
      acceptor.listen(Acceptor::max_listen_connections);
      spawn(accept(acceptor));
    }
  }

  void allow_hosts(std::vector<std::string> hosts) { around_.access.allowed_hosts = std::move(hosts); }

  void stop(std::function<void()> stopped) {
    stopped_ = std::move(stopped);
    around_.stopping = true;
    close_acceptors();
    around_.port_waiters.end();
    around_.event_waiters.end();
    for (Session* session : sessions_) {
      if (session->idle()) session->close();
    }
    shutdown_.expires_after(around_.limits.shutdown_time);
    shutdown_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->give_up();
    });
    finish_if_over();
  }

  // The server goes away without stop().
  void abandon() {
    around_.stopping = true;
    close_acceptors();
    around_.context.leases.on_port_freed([] {});
    for (Session* session : sessions_) session->close();
    sweeper_.cancel();
    shutdown_.cancel();
    calm_.cancel();
  }

  std::size_t connections() const { return sessions_.size(); }

 private:
  // Runs a loop of this server until it ends by itself; stop() waits for it.
  void spawn(Task<void> loop) {
    ++loops_;
    boost::asio::co_spawn(executor_, std::move(loop), [self = shared_from_this()](std::exception_ptr failure) {
      if (failure) self->log(failure);
      --self->loops_;
      self->finish_if_over();
    });
  }

  Task<void> accept(Acceptor& acceptor) {
    while (!around_.stopping) {
      error_code error;
      Socket socket = co_await acceptor.async_accept(boost::asio::redirect_error(awaited, error));
      if (around_.stopping) co_return;
      if (!error) {
        admit_or_drop(std::move(socket));
      } else if (error != boost::asio::error::connection_aborted) {
        co_await pause_accepting(error);
      }
    }
  }

  // Out of descriptors or memory: accepting again at once would spin, for the connection stays in the queue.
  Task<void> pause_accepting(error_code cause) {
    around_.context.alerts.raise(
        AlertKind::descriptors_low, "connections",
        "a connection could not be accepted (" + cause.message() + "); raise the limit (ulimit -n) and restart portd",
        around_.context.now().wall);
    accept_failed_ = true;
    calm_.cancel();
    Timer timer(executor_, accept_pause);
    error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(awaited, ignored));
  }

  // Whatever goes wrong with one connection, the next is accepted.
  void admit_or_drop(Socket socket) {
    try {
      admit(std::move(socket));
    } catch (const std::exception& error) {
      spdlog::error("event=connection-dropped what=\"{}\"", error.what());
    }
  }

  void admit(Socket socket) {
    if (std::exchange(accept_failed_, false)) resolve_once_calm();
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    error_code error;
    socket.non_blocking(true, error);
    const auto peer = peer_of(socket, around_.context.peers);
    if (error || !peer) return;  // gone already
    if (std::holds_alternative<core::TcpPair>(*peer)) socket.set_option(boost::asio::ip::tcp::no_delay(true), error);
    open_session(std::move(socket), *peer);
  }

  // One connection that gets through is not the end of it: the alert would come and go.
  void resolve_once_calm() {
    calm_.expires_after(around_.limits.calm_time);
    calm_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || self->accept_failed_) return;
      self->around_.context.alerts.resolve(AlertKind::descriptors_low, "connections");
    });
  }

  void open_session(Socket socket, const Peer& peer) {
    const std::size_t most = around_.limits.connections;
    if (sessions_.size() >= most + turned_away_at_once) return;
    // Shared by the coroutine and by whoever is told of its end.
    auto session = std::make_shared<Session>(std::move(socket), peer, around_);
    const bool full = sessions_.size() >= most;
    sessions_.insert(session.get());
    begin_sweeping();
    Task<void> served = full ? session->turn_away() : session->run();
    boost::asio::co_spawn(executor_, std::move(served),
                          [self = shared_from_this(), session](std::exception_ptr failure) {
                            if (failure) self->log(failure);
                            self->close_session(*session);
                          });
  }

  void close_session(Session& session) {
    session.close();
    sessions_.erase(&session);
    if (sessions_.empty()) sweeper_.cancel();
    finish_if_over();
  }

  // One timer for the deadlines of all sessions, instead of one an operation.
  void begin_sweeping() {
    if (std::exchange(sweeping_, true)) return;
    spawn(sweep());
  }

  Task<void> sweep() {
    while (!sessions_.empty()) {
      error_code cancelled;
      sweeper_.expires_after(sweep_interval());
      co_await sweeper_.async_wait(boost::asio::redirect_error(awaited, cancelled));
      const auto now = std::chrono::steady_clock::now();
      for (Session* session : sessions_) {
        if (session->deadline() <= now) session->close();
      }
    }
    sweeping_ = false;
  }

  Millis sweep_interval() const {
    const Limits& limits = around_.limits;
    const Millis shortest = std::min({limits.header_time, limits.body_time, limits.idle_time});
    return std::clamp(shortest / 4, Millis(5), Millis(1'000));
  }

  void close_acceptors() {
    error_code ignored;
    for (Acceptor& acceptor : acceptors_) acceptor.close(ignored);
    if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
    unix_path_.clear();
  }

  // Time is up for what was in flight.
  void give_up() {
    for (Session* session : sessions_) session->close();
    tell_stopped();
  }

  void finish_if_over() {
    if (around_.stopping && loops_ == 0 && sessions_.empty()) tell_stopped();
  }

  void tell_stopped() {
    shutdown_.cancel();
    calm_.cancel();
    if (stopped_) boost::asio::post(executor_, std::exchange(stopped_, nullptr));
  }

  void log(const std::exception_ptr& failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      spdlog::error("event=connection-failed what=\"{}\"", error.what());
    }
  }

  Executor executor_;
  Surroundings around_;
  std::list<Acceptor> acceptors_;
  std::filesystem::path unix_path_;
  std::set<Session*> sessions_;
  Timer sweeper_;
  Timer shutdown_;
  Timer calm_;
  std::function<void()> stopped_;
  int loops_ = 0;
  bool sweeping_ = false;
  bool accept_failed_ = false;
};

class HttpServer : public Server {
 public:
  explicit HttpServer(std::shared_ptr<Hub> hub) : hub_(std::move(hub)) {}
  ~HttpServer() override { hub_->abandon(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  Result<Port> bind_tcp(std::uint16_t port) override { return hub_->bind_tcp(port); }
  Result<void> bind_unix(const std::filesystem::path& path) override { return hub_->bind_unix(path); }
  Result<std::optional<Port>> adopt_listener(int descriptor) override { return hub_->adopt_listener(descriptor); }
  void allow_hosts(std::vector<std::string> hosts) override { hub_->allow_hosts(std::move(hosts)); }
  void start() override { hub_->start(); }
  void stop(std::function<void()> stopped) override { hub_->stop(std::move(stopped)); }
  std::size_t connections() const override { return hub_->connections(); }

 private:
  std::shared_ptr<Hub> hub_;
};

}  // namespace

std::unique_ptr<Server> create_server(boost::asio::io_context& loop, Context context, Access access, Limits limits) {
  return std::make_unique<HttpServer>(
      std::make_shared<Hub>(loop.get_executor(), std::move(context), std::move(access), limits));
}

}  // namespace portd::api
