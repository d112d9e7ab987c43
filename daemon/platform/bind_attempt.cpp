#include "daemon/platform/bind_attempt.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace portd::platform {
namespace {

Bind reason(int error) {
  switch (error) {
    case EADDRINUSE:
      return Bind::in_use;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case EADDRNOTAVAIL:
      return Bind::no_family;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Bind::no_descriptors;
    default:
      return Bind::denied;
  }
}

int new_socket(int family, int type) {
#ifdef SOCK_CLOEXEC
  return ::socket(family, type | SOCK_CLOEXEC, 0);
#else
  const int socket = ::socket(family, type, 0);
  if (socket >= 0) ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  return socket;
#endif
}

}  // namespace

SocketAddress::SocketAddress(const char* text, Port port) {
  if (std::strchr(text, ':') != nullptr) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage_);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port.number());
    inet_pton(AF_INET6, text, &v6->sin6_addr);
    size_ = sizeof *v6;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage_);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port.number());
    inet_pton(AF_INET, text, &v4->sin_addr);
    size_ = sizeof *v4;
  }
}

void set_reuse(int socket, Reuse reuse) {
  const int on = reuse == Reuse::yes ? 1 : 0;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

BindAttempt open_socket(int family, int type) {
  Descriptor socket(new_socket(family, type));
  if (!socket) return {reason(errno)};
  const int on = 1;
  if (family == AF_INET6 && ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return {reason(errno)};
  }
  return {Bind::bound, std::move(socket)};
}

BindAttempt bind_to(BindAttempt attempt, const SocketAddress& address) {
  if (attempt.result != Bind::bound) return attempt;
  if (::bind(attempt.socket.get(), address.data(), address.size()) != 0) return {reason(errno)};
  return attempt;
}

BindAttempt bind_socket(const SocketAddress& address, int type, Reuse reuse) {
  BindAttempt attempt = open_socket(address.family(), type);
  if (reuse == Reuse::yes && attempt.socket) set_reuse(attempt.socket.get(), reuse);
  return bind_to(std::move(attempt), address);
}

BindAttempt listening(BindAttempt attempt) {
  if (attempt.result != Bind::bound) return attempt;
  set_reuse(attempt.socket.get(), Reuse::yes);
  if (::listen(attempt.socket.get(), SOMAXCONN) != 0) return {reason(errno)};
  return attempt;
}

Result<Descriptor> socket_of(BindAttempt attempt, const ListenAddress& where, Port port) {
  const std::string place = where.text() + ", port " + port.text();
  switch (attempt.result) {
    case Bind::bound:
      return std::move(attempt.socket);
    case Bind::in_use:
      return Error{Problem::port_in_use,
                   place + " is in use by a program that the system does not name; end it, and ask again",
                   {{"port", std::int64_t{port.number()}}}};
    case Bind::no_descriptors:
      return Error{Problem::overloaded,
                   "descriptors run short, so that there is no socket to hand over; raise the limit (ulimit -n)"};
    case Bind::no_family:
      return Error{Problem::invalid_value,
                   "this system has no address " + where.text() + "; ask for one of the other family",
                   {{"field", "address"}}};
    case Bind::denied:
      break;
  }
  return Error{Problem::invalid_value,
               "the system does not let portd bind " + place + "; lease one above 1023",
               {{"port", std::int64_t{port.number()}}}};
}

}  // namespace portd::platform
