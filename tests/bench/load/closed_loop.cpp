#include "tests/bench/load/closed_loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace portd::load {
namespace {

constexpr int silence_ms = 10'000;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

ClosedLoop::ClosedLoop(const Target& target, std::vector<std::unique_ptr<Script>> scripts)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail("epoll_create1");
  connections_.reserve(scripts.size());  // epoll keeps pointers to them
  for (auto& script : scripts) {
    Connection& connection = connections_.emplace_back(Connection{connect_to(target), std::move(script)});
    epoll_event event{EPOLLIN, {.ptr = &connection}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event) != 0) fail("epoll_ctl");
  }
}

ClosedLoop::~ClosedLoop() {
  for (const Connection& connection : connections_) ::close(connection.descriptor);
  ::close(epoll_);
}

nlohmann::json ClosedLoop::run(const Bounds& bounds) {
  bounds_ = bounds;
  started_ = now_ = ended_ = Clock::now();
  for (Connection& connection : connections_) send_next(connection);
  while (waiting_ > 0) wait_once();
  return tally_.report(ended_ - started_);
}

bool ClosedLoop::over() const { return now_ - started_ >= bounds_.time || tally_.requests() >= bounds_.requests; }

void ClosedLoop::wait_once() {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), silence_ms);
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  if (count == 0) throw std::runtime_error("the server was silent for 10 s");
  for (int index = 0; index < count; ++index) {
    receive(*static_cast<Connection*>(events[static_cast<std::size_t>(index)].data.ptr));
  }
}

// A request is far smaller than a socket's buffer and the buffer is empty, so it goes out in one piece.
void ClosedLoop::send_next(Connection& connection) {
  const std::string_view request = connection.script->request();
  connection.sent = Clock::now();
  const ssize_t sent = ::send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) fail("send");
  ++waiting_;
}

void ClosedLoop::receive(Connection& connection) {
  const auto space = connection.reader.space();
  const ssize_t count = ::recv(connection.descriptor, space.data(), space.size(), 0);
  if (count == 0) throw std::runtime_error("the server hung up");
  if (count < 0) fail("recv");
  connection.reader.received(static_cast<std::size_t>(count));
  if (const auto answer = connection.reader.next()) take(connection, *answer);
}

void ClosedLoop::take(Connection& connection, const Answer& answer) {
  --waiting_;
  now_ = Clock::now();
  const bool counted = !over();
  const Kind kind = connection.script->kind();
  if (!connection.script->take(answer)) tally_.count_error(answer);
  if (counted) {
    tally_.count(kind, now_ - connection.sent);
    ended_ = now_;
  }
  if (!over() || !connection.script->at_rest()) send_next(connection);
}

}  // namespace portd::load
