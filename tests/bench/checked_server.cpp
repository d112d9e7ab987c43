// A server that does nothing but answer 200 on many ports of 127.0.0.1 and write down when it was asked: the other end
// of a thousand HTTP checks. Reads the ports from its standard input, one a line up to an empty line, and says
// "listening"; at the end of the input it prints {"PORT": [seconds, ...], ...}, of CLOCK_MONOTONIC, and ends.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int listener_on(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) fail("socket");
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(descriptor, 64) != 0) fail("listen");
  return descriptor;
}

class Server {
 public:
  explicit Server(const std::vector<int>& ports) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) fail("epoll_create1");
    watch(STDIN_FILENO);
    for (const int port : ports) {
      const int listener = listener_on(port);
      port_of_[listener] = port;
      arrivals_[port];
      watch(listener);
    }
  }

  // Until the end of the standard input.
  void run() {
    while (!over_) {
      std::array<epoll_event, 64> events{};
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      for (int index = 0; index < count; ++index) look_at(events[static_cast<std::size_t>(index)].data.fd);
    }
  }

  const std::map<int, std::vector<double>>& arrivals() const { return arrivals_; }

 private:
  void watch(int descriptor) {
    epoll_event event{EPOLLIN, {.fd = descriptor}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
  }

  void look_at(int descriptor) {
    std::array<char, 4096> room;
    if (const auto listener = port_of_.find(descriptor); listener != port_of_.end()) {
      accept(listener->first, listener->second);
    } else if (descriptor == STDIN_FILENO) {
      over_ = ::read(descriptor, room.data(), room.size()) <= 0;
    } else {
      // A check's request comes in one piece. Whoever asks hangs up first, so that no port is left in TIME_WAIT here:
      // portd would not lease it to the next run.
      if (::recv(descriptor, room.data(), room.size(), 0) > 0) {
        ::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL);
      } else {
        ::close(descriptor);
      }
    }
  }

  void accept(int listener, int port) {
    const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) return;  // it has gone again
    arrivals_[port].push_back(seconds());
    watch(connection);
  }

  int epoll_;
  bool over_ = false;
  std::map<int, int> port_of_;  // by the listener's descriptor
  std::map<int, std::vector<double>> arrivals_;
};

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
}

// Unbuffered, so that nothing of the input is lost to epoll.
std::vector<int> read_ports() {
  std::vector<int> ports;
  std::string line;
  for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1;) {
    if (c != '\n') {
      line += c;
    } else if (line.empty()) {
      break;
    } else {
      ports.push_back(std::stoi(line));
      line.clear();
    }
  }
  return ports;
}

}  // namespace

int main() {
  try {
    raise_descriptor_limit();
    Server server(read_ports());
    std::cout << "listening" << std::endl;
    server.run();
    nlohmann::json report = nlohmann::json::object();
    for (const auto& [port, times] : server.arrivals()) report[std::to_string(port)] = times;
    std::cout << report.dump() << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "portd_checked_server: " << error.what() << "\n";
    return 1;
  }
}
