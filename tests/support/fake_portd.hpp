#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace portd::test {

struct FakeRequest {
  std::string line;  // "GET /ports"
  std::string head;
  std::string body;
};

struct FakeAnswer {
  int status = 200;
  std::string body = "{}";
  bool close = false;     // "Connection: close", and closes
  bool mute = false;      // closes without a word
  bool endless = false;   // no length: the body is what comes until it closes
  std::string headers{};  // more of them, each with its line break
};

// An HTTP server on a unix socket in a thread of its own: answers each request with what the test says, one
// connection after the other, and remembers the requests.
class FakePortd {
 public:
  using Answers = std::function<FakeAnswer(const FakeRequest&)>;

  FakePortd(const std::filesystem::path& path, Answers answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 8) != 0 ||
        ::pipe(end_.data()) != 0) {
      throw std::runtime_error("cannot listen on " + path.string());
    }
    thread_ = std::thread([this] { serve(); });
  }
  FakePortd(const FakePortd&) = delete;
  FakePortd& operator=(const FakePortd&) = delete;

  ~FakePortd() {
    ::close(end_[1]);
    thread_.join();
    ::close(end_[0]);
    ::close(listener_);
  }

  std::vector<FakeRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> request_lines() const {
    std::vector<std::string> lines;
    for (const FakeRequest& request : requests()) lines.push_back(request.line);
    return lines;
  }
  int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  // False once the test is over.
  bool wait_readable(int descriptor) const {
    std::array<pollfd, 2> entries{{{descriptor, POLLIN, 0}, {end_[0], POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), -1);
    return entries[1].revents == 0;
  }

  void serve() {
    while (wait_readable(listener_)) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      while (answer_one(connection)) {
      }
      ::close(connection);
    }
  }

  bool read_more(int connection, std::string& text) const {
    std::array<char, 4096> chunk{};
    if (!wait_readable(connection)) return false;
    const ssize_t got = ::recv(connection, chunk.data(), chunk.size(), 0);
    if (got > 0) text.append(chunk.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  bool answer_one(int connection) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      if (!read_more(connection, text)) return false;
    }
    const std::size_t head_size = text.find("\r\n\r\n") + 4;
    FakeRequest request{text.substr(0, text.find(" HTTP/1.1")), text.substr(0, head_size), ""};
    const std::size_t length_at = request.head.find("Content-Length: ");
    const std::size_t length =
        length_at == std::string::npos ? 0 : std::strtoul(request.head.c_str() + length_at + 16, nullptr, 10);
    while (text.size() < head_size + length) {
      if (!read_more(connection, text)) return false;
    }
    request.body = text.substr(head_size, length);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    return send(connection, answers_(request));
  }

  static bool send(int connection, const FakeAnswer& answer) {
    if (answer.mute) return false;
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Fake\r\n";
    text += answer.headers;
    if (answer.close) text += "Connection: close\r\n";
    if (answer.endless) text += "Content-Type: text/event-stream\r\n";
    if (answer.status != 204 && !answer.endless)
      text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    text += "\r\n" + (answer.status == 204 ? "" : answer.body);
    return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) > 0 && !answer.close && !answer.endless;
  }

  Answers answers_;
  int listener_ = -1;
  std::array<int, 2> end_{};
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  int connections_ = 0;
  std::thread thread_;
};

}  // namespace portd::test
