#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/descriptor.hpp"
#include "common/port.hpp"

// Other people's programs, as far as their sockets go.
namespace portd::test {

using portd::Descriptor;

enum class V6 { only, dual };
enum class ReuseAddress { no, yes };

inline std::pair<sockaddr_storage, socklen_t> address_of(const std::string& text, std::uint16_t port) {
  sockaddr_storage storage{};
  if (text.find(':') != std::string::npos) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr);
    return {storage, sizeof *v6};
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(port);
  inet_pton(AF_INET, text.c_str(), &v4->sin_addr);
  return {storage, sizeof *v4};
}

// A program that wants to serve. `error` is 0, or the errno of the call that failed.
struct Program {
  Descriptor socket;
  int error = 0;
};

struct Wish {
  std::string address = "127.0.0.1";
  ReuseAddress reuse = ReuseAddress::no;
  V6 v6 = V6::only;
  int type = SOCK_STREAM;
};

inline Program bind_program(std::uint16_t port, const Wish& wish) {
  const auto [address, size] = address_of(wish.address, port);
  Program program{Descriptor(::socket(address.ss_family, wish.type, 0))};
  const int reuse = wish.reuse == ReuseAddress::yes ? 1 : 0;
  const int only = wish.v6 == V6::only ? 1 : 0;
  ::setsockopt(program.socket.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  if (address.ss_family == AF_INET6) ::setsockopt(program.socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  if (::bind(program.socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) program.error = errno;
  return program;
}

inline Program serve(std::uint16_t port, const Wish& wish) {
  Program program = bind_program(port, wish);
  if (program.error == 0 && ::listen(program.socket.get(), 16) != 0) program.error = errno;
  return program;
}

// Invalid when refused.
inline Descriptor connect_to(const std::string& host, std::uint16_t port) {
  const auto [address, size] = address_of(host, port);
  Descriptor socket(::socket(address.ss_family, SOCK_STREAM, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  return socket;
}

inline Descriptor accept_from(const Program& server) {
  return Descriptor(::accept(server.socket.get(), nullptr, nullptr));
}

inline std::uint16_t local_port(const Descriptor& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size);
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

// A port that nobody has in either family or protocol; below the ephemeral range and outside portd's own, so that
// nobody is given it by chance.
inline Port free_port() {
  static std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<std::uint16_t> numbers(10'000, 19'999);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::uint16_t number = numbers(random);
    bool free = true;
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      for (const char* address : {"0.0.0.0", "::"}) {
        free = free && bind_program(number, {address, ReuseAddress::no, V6::only, type}).error == 0;
      }
    }
    if (free) return Port(number);
  }
  throw std::runtime_error("no free port between 10000 and 19999");
}

// A server with SO_REUSEADDR that is gone, one of its connections in TIME_WAIT on its side.
inline void leave_time_wait(Port port, const std::string& host, const Wish& wish) {
  const Program server = serve(port.number(), wish);
  if (server.error != 0) throw std::runtime_error(std::strerror(server.error));
  const Descriptor client = connect_to(host, port.number());
  Descriptor accepted = accept_from(server);
  accepted.reset();  // who closes first waits
  char byte = 0;
  if (::recv(client.get(), &byte, 1, 0) != 0) throw std::runtime_error("the connection did not end");
}

}  // namespace portd::test
