#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "client/outcome.hpp"

namespace portd::client {

struct UnixAddress {
  std::filesystem::path path;

  bool operator==(const UnixAddress&) const = default;
};

struct TcpAddress {
  std::string host;  // a name, or an IPv4 or IPv6 address without brackets
  std::uint16_t port = 7700;

  bool operator==(const TcpAddress&) const = default;
};

// Where a portd listens.
using Address = std::variant<UnixAddress, TcpAddress>;

// Reads "http://HOST[:PORT][/]". Failure: usage, saying what a URL looks like.
Outcome<TcpAddress> parse_url(std::string_view url);

// For messages: the socket's path, or the URL.
std::string text_of(const Address& address);

// The value of the Host header: "localhost" over the unix socket.
std::string host_header(const Address& address);

}  // namespace portd::client
