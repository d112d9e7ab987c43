#include "daemon/outbound/connect.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "daemon/outbound/last_error.hpp"
#include "daemon/outbound/shortage.hpp"

namespace portd::outbound {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::tcp;
using boost::system::error_code;
using Resolver = boost::asio::ip::basic_resolver<tcp, Executor>;

constexpr std::size_t most_addresses = 8;

bool is_localhost(std::string_view host) { return host == "localhost" || host.ends_with(".localhost"); }

// Of an IPv6 address in a URL.
std::string without_brackets(const std::string& host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

// Close-on-exec and non-blocking from the first moment, which Asio's own opening is not.
error_code open(Socket& socket, const tcp& protocol) {
#ifdef SOCK_CLOEXEC
  const int descriptor = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  const int descriptor = ::socket(protocol.family(), SOCK_STREAM, 0);
  if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
#endif
  if (descriptor < 0) return last_error();
  error_code error;
  socket.assign(protocol, descriptor, error);
  if (error) {
    ::close(descriptor);
    return error;
  }
  socket.non_blocking(true, error);
  return error;
}

// What became of a connection that was begun; would_block: nothing yet.
error_code outcome(Socket& socket) {
  pollfd asked{socket.native_handle(), POLLOUT, 0};
  if (::poll(&asked, 1, 0) == 0) return boost::asio::error::would_block;
  if (asked.revents == POLLOUT) return {};
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) return last_error();
  return {number, boost::system::system_category()};
}

// On loopback the kernel connects, or refuses, before connect(2) returns, but says that it is under way.
Task<error_code> connect_to(Socket& socket, tcp::endpoint to) {
  if (::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0) co_return error_code();
  if (errno != EINPROGRESS) co_return last_error();
  error_code error = outcome(socket);
  while (error == boost::asio::error::would_block) {
    co_await socket.async_wait(Socket::wait_write, boost::asio::redirect_error(awaited, error));
    if (!error) error = outcome(socket);
  }
  co_return error;
}

// The port of nobody, in the range that the system picks client ports from, may be given to the very connection that
// asks for it; TCP then connects it to itself.
bool is_connected_to_itself(const Socket& socket, const tcp::endpoint& to) {
  error_code error;
  return socket.local_endpoint(error) == to && !error;
}

Task<error_code> attempt(Socket& socket, tcp::endpoint to) {
  error_code error = open(socket, to.protocol());
  if (error) co_return error;
  error = co_await connect_to(socket, to);
  if (!error && is_connected_to_itself(socket, to)) error = boost::asio::error::connection_refused;
  if (error) {
    error_code ignored;
    socket.close(ignored);
  }
  co_return error;
}

// Nor is there a client port left when 127.0.0.1 "is not available"; ::1 is not where IPv6 is switched off.
bool is_ours(const error_code& error, const address& to) {
  const bool no_port = error == boost::system::errc::address_not_available && to.is_v4() && to.is_loopback();
  return no_port || is_shortage(error);
}

// What a lookup on the resolver's thread leaves; it may outlast whoever asked.
struct Lookup {
  explicit Lookup(const Executor& executor) : resolver(executor), found(executor, SteadyPoint::max()) {}

  Resolver resolver;
  Timer found;
  error_code error = boost::asio::error::operation_aborted;
  std::vector<address> addresses{};
};

Task<std::shared_ptr<Lookup>> look_up(Executor executor, std::string host, Interruption& interruption) {
  const auto lookup = std::make_shared<Lookup>(executor);  // shared with the handler, which the loop may keep
  auto done = [lookup](const error_code& error, const Resolver::results_type& results) {
    lookup->error = error;
    for (const auto& result : results) lookup->addresses.push_back(result.endpoint().address());
    lookup->found.cancel();
  };
  lookup->resolver.async_resolve(host, "", std::move(done));
  const Interruption::Guard guard(interruption, [&lookup] { lookup->found.cancel(); });
  error_code ignored;
  co_await lookup->found.async_wait(boost::asio::redirect_error(awaited, ignored));
  lookup->resolver.cancel();
  co_return lookup;
}

Task<Connected> try_each(Socket& socket, std::vector<address> addresses, Port port, Interruption& interruption) {
  const Interruption::Guard guard(interruption, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  Connected connected;
  for (const address& to : addresses) {
    const error_code error = co_await attempt(socket, {to, port.number()});
    if (!error) co_return Connected{{}, to.to_string()};
    if (!connected.error) connected.error = error;
    connected.out_of_resources = connected.out_of_resources || is_ours(error, to);
    if (interruption.happened()) break;
  }
  co_return connected;
}

}  // namespace

Task<Connected> connect(Socket& socket, std::string host, Port port, Interruption& interruption) {
  host = without_brackets(host);
  std::vector<address> addresses;
  error_code not_literal;
  if (is_localhost(host)) {
    addresses = {boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v6::loopback()};
  } else if (const address literal = boost::asio::ip::make_address(host, not_literal); !not_literal) {
    addresses = {literal};
  } else {
    const auto lookup = co_await look_up(socket.get_executor(), host, interruption);
    if (interruption.happened() || lookup->error) co_return Connected{lookup->error};
    addresses = lookup->addresses;
    if (addresses.size() > most_addresses) addresses.resize(most_addresses);
  }
  co_return co_await try_each(socket, std::move(addresses), port, interruption);
}

std::string connect_failure(const Connected& failed, const std::string& host, Port port) {
  const bool refused = failed.error == boost::asio::error::connection_refused;
  error_code not_literal;
  const address literal = boost::asio::ip::make_address(without_brackets(host), not_literal);
  const bool is_here = is_localhost(host) || (!not_literal && literal.is_loopback());
  if (refused) return "connection refused on " + (is_here ? port.text() : host + ":" + port.text());
  return "cannot connect to " + host + ":" + port.text() + ": " + failed.error.message();
}

}  // namespace portd::outbound
