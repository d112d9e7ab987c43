#include "client/connection.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace portd::client {
namespace {

namespace http = boost::beast::http;
using std::chrono::steady_clock;

constexpr Millis connect_time{2'000};
constexpr std::size_t chunk_size = 16'384;
constexpr std::size_t largest_head = chunk_size;
constexpr std::uint64_t largest_answer = 64ULL * 1024 * 1024;  // a list of 65,535 leases is smaller

Failure cannot_connect(const Address& address, int error) {
  const bool not_ours = error == EACCES || error == EPERM;
  return {not_ours ? Exit::not_allowed : Exit::no_daemon,
          (not_ours ? "the portd at " : "no portd answers at ") + text_of(address) +
              (not_ours ? " is another user's: " : ": ") + std::strerror(error)};
}

Failure broken_off(const Address& address, const std::string& why) {
  return {Exit::no_daemon, "portd at " + text_of(address) + " " + why +
                               "; whether it acted is unknown, asking again for the same key is safe"};
}

// Waits until the descriptor is ready; false when the time is up.
bool wait_for(int descriptor, short events, SteadyPoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Millis>(deadline - steady_clock::now()).count();
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<Millis::rep>(left, 0, 1 << 30)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

int new_socket(int family) {
  const int descriptor = ::socket(family, SOCK_STREAM, 0);
  if (descriptor < 0) return -1;
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
#ifdef SO_NOSIGPIPE
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return descriptor;
}

// 0, or the errno that says why not.
int finish_connect(int descriptor, const sockaddr* to, socklen_t size) {
  if (::connect(descriptor, to, size) == 0) return 0;
  // A unix socket whose backlog is full says EAGAIN at once (connect(2)): busy, not absent.
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait_for(descriptor, POLLOUT, steady_clock::now() + connect_time)) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

// A connected descriptor, or minus the errno.
int connect_to(int family, const sockaddr* to, socklen_t size) {
  const int descriptor = new_socket(family);
  if (descriptor < 0) return -errno;
  const int error = finish_connect(descriptor, to, size);
  if (error == 0) return descriptor;
  ::close(descriptor);
  return -error;
}

int connect_to(const UnixAddress& address) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::string path = address.path.string();
  if (path.size() >= sizeof to.sun_path) return -ENAMETOOLONG;
  path.copy(to.sun_path, path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&to);
  const SteadyPoint deadline = steady_clock::now() + connect_time;
  int descriptor = connect_to(AF_UNIX, generic, sizeof to);
  while (descriptor == -EAGAIN && steady_clock::now() < deadline) {
    ::poll(nullptr, 0, 1);
    descriptor = connect_to(AF_UNIX, generic, sizeof to);
  }
  return descriptor;
}

int connect_to(const TcpAddress& address) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found) != 0) {
    return -EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  int last = -EADDRNOTAVAIL;
  for (const addrinfo* entry = found; entry != nullptr && last < 0; entry = entry->ai_next) {
    last = connect_to(entry->ai_family, entry->ai_addr, entry->ai_addrlen);
  }
  return last;
}

std::string head(const Address& address, std::string_view method, std::string_view target) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host_header(address));
  return text.append("\r\nUser-Agent: portc/" PORTD_VERSION "\r\n");
}

std::string message(const Address& address, std::string_view method, std::string_view target, std::string_view body,
                    std::string_view headers) {
  std::string text = head(address, method, target);
  text.reserve(256 + body.size());
  text.append("Accept: application/json\r\n").append(headers);
  if (!body.empty()) {
    text.append("Content-Type: application/json\r\nContent-Length: ").append(std::to_string(body.size()));
    text.append("\r\n");
  }
  return text.append("\r\n").append(body);
}

}  // namespace

Connection::Connection(Address address, int descriptor) : address_(std::move(address)), descriptor_(descriptor) {}

Connection::Connection(Connection&& other) noexcept
    : address_(std::move(other.address_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      stream_(std::move(other.stream_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(stream_, other.stream_);
  return *this;
}

Connection::~Connection() { close(); }

void Connection::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Outcome<Connection> Connection::open(const Address& address) {
  const int descriptor = std::visit([](const auto& kind) { return connect_to(kind); }, address);
  if (descriptor < 0) return cannot_connect(address, -descriptor);
  return Connection(address, descriptor);
}

Outcome<HttpResponse> Connection::request(std::string_view method, std::string_view target, std::string_view body,
                                          Millis time_limit, std::string_view headers) {
  if (auto opened = reopen(); !opened) return opened.error();
  const SteadyPoint deadline = steady_clock::now() + time_limit;
  if (auto sent = send(message(address_, method, target, body, headers), deadline); !sent) return sent.error();
  return receive(deadline);
}

Outcome<HttpResponse> Connection::request_descriptor(std::string_view method, std::string_view target,
                                                     std::string_view body, Millis time_limit, Descriptor& into) {
  if (auto opened = reopen(); !opened) return opened.error();
  const SteadyPoint deadline = steady_clock::now() + time_limit;
  if (auto sent = send(message(address_, method, target, body, ""), deadline); !sent) return sent.error();
  auto first = receive_first(deadline, into);
  if (!first) {
    close();
    return first.error();
  }
  return receive(deadline, std::move(*first));
}

Outcome<std::string> Connection::receive_first(SteadyPoint deadline, Descriptor& into) {
  if (!wait_for(descriptor_, POLLIN, deadline)) return broken_off(address_, "did not answer in time");
  char byte = 0;
  iovec place{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &place;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
#ifdef MSG_CMSG_CLOEXEC
  const ssize_t got = ::recvmsg(descriptor_, &header, MSG_CMSG_CLOEXEC);
#else
  const ssize_t got = ::recvmsg(descriptor_, &header, 0);
#endif
  if (got <= 0) return broken_off(address_, "closed the connection without an answer");
  const cmsghdr* carried = CMSG_FIRSTHDR(&header);
  if (carried != nullptr && carried->cmsg_level == SOL_SOCKET && carried->cmsg_type == SCM_RIGHTS) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(carried), sizeof number);
    into = Descriptor(number);
  }
  return std::string(1, byte);
}

Outcome<void> Connection::reopen() {
  if (descriptor_ >= 0) return {};
  auto again = open(address_);
  if (!again) return again.error();
  *this = std::move(*again);
  return {};
}

Outcome<HttpResponse> Connection::open_stream(std::string_view target, std::string_view headers, Millis time_limit) {
  if (auto opened = reopen(); !opened) return opened.error();
  const SteadyPoint deadline = steady_clock::now() + time_limit;
  std::string asked = head(address_, "GET", target);
  asked.append("Accept: text/event-stream\r\n").append(headers).append("\r\n");
  if (auto sent = send(asked, deadline); !sent) return sent.error();

  std::string got;
  std::array<char, chunk_size> chunk{};
  std::size_t end = std::string::npos;
  while (end == std::string::npos && got.size() < largest_head) {
    const auto more = read_some(chunk.data(), chunk.size(), deadline);
    if (!more) {
      close();
      return more.error();
    }
    if (*more == 0) break;
    got.append(chunk.data(), *more);
    end = got.find("\r\n\r\n");
  }
  if (!got.starts_with("HTTP/1.1 200 ") || end == std::string::npos) return receive(deadline, std::move(got));
  stream_ = got.substr(end + 4);
  return HttpResponse{200, "", ""};
}

Outcome<std::string> Connection::read_stream(Millis patience) {
  if (!stream_.empty()) return std::exchange(stream_, "");
  std::string bytes(chunk_size, '\0');
  const auto got = read_some(bytes.data(), bytes.size(), steady_clock::now() + patience);
  if (got && *got > 0) return bytes.substr(0, *got);
  close();
  if (!got) return got.error();
  return Failure{Exit::no_daemon, "portd at " + text_of(address_) + " ended the stream"};
}

Outcome<void> Connection::send(std::string_view message, SteadyPoint deadline) {
#ifdef MSG_NOSIGNAL
  constexpr int flags = MSG_NOSIGNAL;
#else
  constexpr int flags = 0;  // SO_NOSIGPIPE is set instead
#endif
  while (!message.empty()) {
    const ssize_t sent = ::send(descriptor_, message.data(), message.size(), flags);
    if (sent >= 0) {
      message.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(descriptor_, POLLOUT, deadline)) return broken_off(address_, "took no request in time");
    } else if (errno != EINTR) {
      // What is refused early (too large, too many connections) is answered before it is read: read that answer.
      if (errno == EPIPE || errno == ECONNRESET) return {};
      return broken_off(address_, std::string("closed the connection: ") + std::strerror(errno));
    }
  }
  return {};
}

Outcome<std::size_t> Connection::read_some(char* into, std::size_t size, SteadyPoint deadline) {
  for (;;) {
    const ssize_t got = ::recv(descriptor_, into, size, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return broken_off(address_, std::string("broke off: ") + std::strerror(errno));
    if (!wait_for(descriptor_, POLLIN, deadline)) return broken_off(address_, "did not answer in time");
  }
}

Outcome<HttpResponse> Connection::receive(SteadyPoint deadline, std::string pending) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(largest_answer);
  std::array<char, chunk_size> chunk{};
  boost::beast::error_code error;
  if (!pending.empty()) pending.erase(0, parser.put(boost::asio::buffer(pending), error));
  while (!parser.is_done()) {
    if (error && error != http::error::need_more) {
      close();
      return broken_off(address_, "sent an answer that is not HTTP (" + error.message() + ")");
    }
    auto got = read_some(chunk.data(), chunk.size(), deadline);
    if (!got) {
      close();
      return got.error();
    }
    if (*got == 0) {
      close();
      if (!parser.got_some()) return broken_off(address_, "closed the connection without an answer");
      parser.put_eof(error);
      if (error) return broken_off(address_, "broke off in the middle of its answer");
      break;
    }
    pending.append(chunk.data(), *got);
    pending.erase(0, parser.put(boost::asio::buffer(pending), error));
  }
  auto response = parser.release();
  if (!response.keep_alive()) close();
  return HttpResponse{static_cast<int>(response.result_int()), std::move(response.body()),
                      std::string(response[http::field::etag])};
}

std::optional<pid_t> Connection::peer() const {
  if (!std::holds_alternative<UnixAddress>(address_)) return std::nullopt;
#ifdef __linux__
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return credentials.pid;
#elif defined(__APPLE__)
  pid_t pid = 0;
  socklen_t size = sizeof pid;
  if (::getsockopt(descriptor_, SOL_LOCAL, LOCAL_PEERPID, &pid, &size) != 0) return std::nullopt;
  return pid;
#else
  return std::nullopt;
#endif
}

}  // namespace portd::client
