#include "daemon/sockets/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>
#include <string>

namespace portd {
namespace {

using SystemEndpoint = boost::asio::generic::stream_protocol::endpoint;
using boost::system::error_code;

// SystemEndpoint copies the bytes.
template <class Address>
SystemEndpoint endpoint_of(const Address& address) {
  return {&address, sizeof address};
}

SystemEndpoint loopback(int family, std::uint16_t port) {
  if (family == AF_INET) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return endpoint_of(address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return endpoint_of(address);
}

std::uint16_t port_of(const SystemEndpoint& endpoint) {
  if (endpoint.protocol().family() == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, endpoint.data(), std::min(sizeof address, endpoint.size()));
    return ntohs(address.sin_port);
  }
  sockaddr_in6 address{};
  std::memcpy(&address, endpoint.data(), std::min(sizeof address, endpoint.size()));
  return ntohs(address.sin6_port);
}

bool is_missing_family(const error_code& error) {
  return error == boost::asio::error::address_family_not_supported ||
         error == error_code(EADDRNOTAVAIL, boost::system::system_category());
}

// Whether somebody answers; systems differ in whether bind notices a listener on the wildcard address.
bool somebody_listens(Executor executor, const SystemEndpoint& endpoint) {
  Socket probe(executor);
  error_code error;
  probe.open(endpoint.protocol(), error);
  probe.non_blocking(true, error);
  if (error) return false;
  probe.connect(endpoint, error);
  return !error || error == boost::asio::error::in_progress || error == boost::asio::error::would_block;
}

error_code bind_to(Acceptor& acceptor, const SystemEndpoint& endpoint, bool reuse) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  if (reuse) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (endpoint.protocol().family() == AF_INET6) acceptor.set_option(boost::asio::ip::v6_only(true), error);
  acceptor.bind(endpoint, error);
  return error;
}

Error in_use(std::uint16_t port, const error_code& error) {
  return {Problem::port_in_use,
          "portd cannot listen on port " + std::to_string(port) + " (" + error.message() +
              "); end what does, or choose another with --port",
          {{"port", std::int64_t{port}}}};
}

const error_code address_in_use = boost::asio::error::address_in_use;

Result<LoopbackAcceptors> bind_fixed(Executor executor, std::uint16_t port) {
  LoopbackAcceptors bound{Port(port)};
  for (const int family : {AF_INET, AF_INET6}) {
    const SystemEndpoint endpoint = loopback(family, port);
    if (somebody_listens(executor, endpoint)) return in_use(port, address_in_use);
    Acceptor acceptor(executor);
    const error_code error = bind_to(acceptor, endpoint, true);
    if (is_missing_family(error)) continue;
    if (error) return in_use(port, error);
    bound.acceptors.push_back(std::move(acceptor));
  }
  if (bound.acceptors.empty()) return in_use(port, boost::asio::error::address_family_not_supported);
  return bound;
}

// The system picks one for the first family it has; the other must have it free, too. Without SO_REUSEADDR, which
// would let it pick one that somebody is bound to.
std::optional<LoopbackAcceptors> bind_any_once(Executor executor) {
  LoopbackAcceptors bound;
  std::uint16_t port = 0;
  for (const int family : {AF_INET, AF_INET6}) {
    Acceptor acceptor(executor);
    const error_code error = bind_to(acceptor, loopback(family, port), false);
    if (is_missing_family(error)) continue;
    if (error) return std::nullopt;
    port = port_of(acceptor.local_endpoint());
    bound.acceptors.push_back(std::move(acceptor));
  }
  if (port == 0) return std::nullopt;
  bound.port = Port(port);
  return bound;
}

Error cannot_listen(const std::string& where, const std::string& why) {
  return {Problem::store_unavailable, "portd cannot listen on " + where + ": " + why};
}

// Removes what a portd that ended badly left behind.
Result<void> clear_stale(Executor executor, const std::filesystem::path& path, const SystemEndpoint& endpoint) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return cannot_listen(path.string(), "it is not a socket; move it away");
  if (somebody_listens(executor, endpoint)) {
    return cannot_listen(path.string(), "another program answers there; end it, or choose another --runtime-dir");
  }
  ::unlink(path.c_str());
  return {};
}

bool is_loopback(const SystemEndpoint& endpoint) {
  const int family = endpoint.protocol().family();
  const auto port = port_of(endpoint);
  return family == AF_UNIX || ((family == AF_INET || family == AF_INET6) && endpoint == loopback(family, port));
}

// Empty when it has none, or one that is no file.
std::string path_of(const SystemEndpoint& endpoint) {
  sockaddr_un address{};
  std::memcpy(&address, endpoint.data(), std::min(sizeof address, endpoint.size()));
  return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

}  // namespace

Result<LoopbackAcceptors> bind_loopback(Executor executor, std::uint16_t port) {
  if (port != 0) return bind_fixed(executor, port);
  constexpr int attempts = 64;
  for (int i = 0; i < attempts; ++i) {
    if (auto bound = bind_any_once(executor)) return std::move(*bound);
  }
  return in_use(0, address_in_use);
}

Result<Acceptor> bind_path(Executor executor, const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    return cannot_listen(text, "the path is longer than a socket's may be; choose a shorter --runtime-dir");
  }
  text.copy(address.sun_path, text.size());
  const SystemEndpoint endpoint = endpoint_of(address);
  if (auto cleared = clear_stale(executor, path, endpoint); !cleared) return cleared.error();
  Acceptor acceptor(executor);
  const error_code error = bind_to(acceptor, endpoint, false);
  // Nobody connects before listen(2), so there is no moment with wider rights.
  if (error || ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return cannot_listen(text, error ? error.message() : std::strerror(errno));
  }
  return acceptor;
}

Result<Adopted> adopt(Executor executor, int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const std::string name = "descriptor " + std::to_string(descriptor);
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return cannot_listen(name, std::strerror(errno));
  }
  const SystemEndpoint endpoint(&address, size);
  if (!is_loopback(endpoint)) {
    return Error{Problem::forbidden, name + " listens beyond this machine; have the supervisor pass 127.0.0.1 or ::1"};
  }
  Acceptor acceptor(executor);
  error_code error;
  acceptor.assign(endpoint.protocol(), descriptor, error);
  if (error) return cannot_listen(name, error.message());
  const bool tcp = endpoint.protocol().family() != AF_UNIX;
  if (tcp) return Adopted{std::move(acceptor), Port(port_of(endpoint)), {}};
  return Adopted{std::move(acceptor), std::nullopt, path_of(endpoint)};
}

std::optional<Peer> peer_of(Socket& socket, const core::Peers& peers) {
  error_code error;
  const SystemEndpoint here = socket.local_endpoint(error);
  const SystemEndpoint there = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  if (here.protocol().family() == AF_UNIX) return peers.of_unix_socket(socket.native_handle());
  core::TcpPair pair;
  pair.v6 = here.protocol().family() == AF_INET6;
  pair.client_port = port_of(there);
  pair.server_port = port_of(here);
  const std::size_t offset = pair.v6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr);
  const std::size_t length = pair.v6 ? sizeof(in6_addr) : sizeof(in_addr);
  std::memcpy(pair.client_address.data(), reinterpret_cast<const char*>(there.data()) + offset, length);
  std::memcpy(pair.server_address.data(), reinterpret_cast<const char*>(here.data()) + offset, length);
  return pair;
}

}  // namespace portd
