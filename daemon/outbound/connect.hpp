#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "common/port.hpp"
#include "daemon/outbound/interruption.hpp"
#include "daemon/task.hpp"

namespace portd::outbound {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

struct Connected {
  boost::system::error_code error{};  // of the first address that refused
  std::string address{};              // that took the connection: "127.0.0.1"
  bool out_of_resources = false;      // portd could not even try
};

// Connects `socket`. "localhost" and names below it are 127.0.0.1 and then ::1, whatever a resolver says (RFC 6761,
// section 6.3); addresses are taken as they are; other names are resolved. An interruption ends it.
Task<Connected> connect(Socket& socket, std::string host, Port port, Interruption& interruption);

// For people: "connection refused on 27432".
std::string connect_failure(const Connected& failed, const std::string& host, Port port);

}  // namespace portd::outbound
