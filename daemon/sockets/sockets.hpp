#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <filesystem>
#include <optional>
#include <variant>
#include <vector>

#include "common/error.hpp"
#include "common/port.hpp"
#include "daemon/core/peers.hpp"
#include "daemon/task.hpp"

// Where portd itself listens: sockets that are bound and do not listen yet, and who is at the other end.
namespace portd {

// TCP and unix sockets are one type, so that whoever serves both is compiled once.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, Executor>;

// On 127.0.0.1 and ::1; a family the system does not have is left out. Port 0: one that is free in both.
// Error: port_in_use.
struct LoopbackAcceptors {
  Port port{1};
  std::vector<Acceptor> acceptors{};
};
Result<LoopbackAcceptors> bind_loopback(Executor executor, std::uint16_t port);

// 0600; a socket file that nobody answers on is replaced. Error: store_unavailable with the reason.
Result<Acceptor> bind_path(Executor executor, const std::filesystem::path& path);

// Takes over a socket. Error: forbidden when others than this machine could reach it; store_unavailable.
struct Adopted {
  Acceptor acceptor;
  std::optional<Port> port;  // of TCP
  std::string path;          // of a unix socket that has one
};
Result<Adopted> adopt(Executor executor, int descriptor);

// The other end of a connection: the two addresses of TCP, or the process behind a unix socket if it is known.
using Peer = std::variant<core::TcpPair, std::optional<core::Caller>>;

// Who is at the other end; nothing when the client has gone already.
std::optional<Peer> peer_of(Socket& socket, const core::Peers& peers);

}  // namespace portd
