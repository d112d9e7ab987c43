#include "common/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

#include "common/wording.hpp"

namespace portd {
namespace {

// As the system writes it; empty when it is no such address.
std::string canonical(const std::string& text) {
  std::array<char, INET6_ADDRSTRLEN> written{};
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    const std::uint32_t number = ntohl(v4.s_addr);
    if (number != INADDR_ANY && number >> 24U != IN_LOOPBACKNET) return {};
    return ::inet_ntop(AF_INET, &v4, written.data(), written.size());
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return {};
  if (!IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6)) return {};
  return ::inet_ntop(AF_INET6, &v6, written.data(), written.size());
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  // inet_pton would stop at a null.
  std::string address = text.find('\0') == std::string_view::npos ? canonical(std::string(text)) : std::string();
  if (!address.empty()) return ListenAddress(std::move(address));
  return Error{Problem::invalid_value,
               in_quotes(text) + " is no loopback or wildcard address; it is one of 127.0.0.1, ::1, 0.0.0.0, ::"};
}

}  // namespace portd
