#include "client/endpoint_discovery.hpp"

#include <signal.h>

#include <cerrno>

namespace portd::client {
namespace {

Outcome<std::optional<Address>> from_url(const std::string& url) {
  auto address = parse_url(url);
  if (!address) return address.error();
  return std::optional<Address>(std::move(*address));
}

std::optional<Address> from_socket(const std::string& path, const Environment& environment) {
  return UnixAddress{environment.folder / path};
}

Failure not_running() { return {Exit::no_daemon, "portd is not running; start it with: portc daemon start"}; }

bool lives(int pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

}  // namespace

Outcome<std::optional<Address>> stated_address(const EndpointFlags& flags, const Environment& environment) {
  if (!flags.url.empty()) return from_url(flags.url);
  if (!flags.socket.empty()) return from_socket(flags.socket, environment);
  if (const std::string url = environment.variable("PORTD_URL"); !url.empty()) return from_url(url);
  if (const std::string path = environment.variable("PORTD_SOCKET"); !path.empty()) {
    return from_socket(path, environment);
  }
  return std::optional<Address>();
}

Outcome<Connection> connect_to_running(const Paths& paths) {
  const auto endpoint = read_endpoint(paths);
  if (!endpoint) return not_running();
  auto connection = Connection::open(UnixAddress{endpoint->socket});
  if (connection || connection.error().exit != Exit::no_daemon) return connection;
  const auto url = parse_url(endpoint->url);
  if (!url || !lives(endpoint->pid)) return not_running();
  auto over_tcp = Connection::open(*url);
  if (!over_tcp) return not_running();
  return over_tcp;
}

}  // namespace portd::client
