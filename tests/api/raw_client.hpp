#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/json.hpp"

namespace portd::test {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

inline SocketAddress tcp_address(std::uint16_t port) {
  SocketAddress address;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memcpy(&address.bytes, &in, sizeof in);
  address.size = sizeof in;
  return address;
}

inline SocketAddress tcp6_address(std::uint16_t port) {
  SocketAddress address;
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  in.sin6_addr = in6addr_loopback;
  std::memcpy(&address.bytes, &in, sizeof in);
  address.size = sizeof in;
  return address;
}

inline SocketAddress unix_address(const std::filesystem::path& path) {
  SocketAddress address;
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  path.string().copy(un.sun_path, sizeof un.sun_path - 1);
  std::memcpy(&address.bytes, &un, sizeof un);
  address.size = sizeof un;
  return address;
}

// Runs the server until something is so, at most ten seconds.
template <class F>
void run_until(boost::asio::io_context& loop, F&& so) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!so()) {
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("waited ten seconds in vain");
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(5));
  }
}

// What came back: the status, the headers in lower case, the body.
struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers{};
  std::string body{};

  Json json() const { return Json::parse(body); }
  std::string problem() const { return json().at("type").get<std::string>().substr(strlen("urn:portd:problem:")); }
  std::string detail() const { return json().at("detail"); }
};

// A client that sends exactly what it is told.
class RawClient {
 public:
  RawClient(boost::asio::io_context& loop, const SocketAddress& to)
      : loop_(loop), socket_(::socket(to.bytes.ss_family, SOCK_STREAM, 0)) {
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0) {
      throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
    }
  }
  RawClient(RawClient&& other) noexcept : loop_(other.loop_), socket_(std::exchange(other.socket_, -1)) {}
  ~RawClient() { hang_up(); }

  // The server runs while its buffers are full.
  void send(std::string_view bytes) {
    run_until(loop_, [&] {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) throw std::runtime_error(std::strerror(errno));
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      return bytes.empty();
    });
  }

  // The next answer. `no_body`: of a HEAD request.
  Answer receive(bool no_body = false) {
    run_until(loop_, [&] { return read() && has_answer(no_body); });
    return take_answer(no_body);
  }

  // Whether the server sends an end without more.
  bool ends() {
    run_until(loop_, [&] { return read() && ended_; });
    return received_.empty();
  }

  // Whatever has come so far.
  std::string take_all() {
    read();
    return std::exchange(received_, {});
  }

  bool has_received() {
    read();
    return !received_.empty();
  }

  void hang_up() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  // Takes what is there.
  bool read() {
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) ended_ = true;
    return true;
  }
  std::size_t head_size() const {
    const auto end = received_.find("\r\n\r\n");
    return end == std::string::npos ? 0 : end + 4;
  }
  std::size_t body_size(bool no_body) const {
    const auto at = received_.find("Content-Length: ");
    if (no_body || at == std::string::npos || at > head_size()) return 0;
    return std::stoul(received_.substr(at + 16));
  }
  bool has_answer(bool no_body) const {
    if (head_size() > 0 && received_.size() >= head_size() + body_size(no_body)) return true;
    if (ended_) throw std::runtime_error("the server ended the connection after \"" + received_ + "\"");
    return false;
  }
  Answer take_answer(bool no_body) {
    const std::string head = received_.substr(0, head_size());
    Answer answer{std::stoi(head.substr(9, 3)), {}, received_.substr(head.size(), body_size(no_body))};
    received_.erase(0, head.size() + answer.body.size());
    for (auto at = head.find("\r\n") + 2; at + 2 < head.size(); at = head.find("\r\n", at) + 2) {
      const std::string line = head.substr(at, head.find("\r\n", at) - at);
      const auto colon = line.find(": ");
      std::string name = line.substr(0, colon);
      for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
      answer.headers[name] = line.substr(colon + 2);
    }
    return answer;
  }

  boost::asio::io_context& loop_;
  int socket_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace portd::test
