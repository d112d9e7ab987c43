#include "client/address.hpp"

#include <charconv>

#include "common/wording.hpp"

namespace portd::client {
namespace {

constexpr std::string_view scheme = "http://";

std::string authority(const TcpAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Failure not_a_url(std::string_view url) {
  return {Exit::usage, in_quotes(url) + " is not the URL of a portd; one looks like http://localhost:7700"};
}

}  // namespace

Outcome<TcpAddress> parse_url(std::string_view url) {
  std::string_view rest = url;
  if (!rest.starts_with(scheme)) return not_a_url(url);
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);

  const bool v6 = rest.starts_with('[');
  const std::size_t host_end = v6 ? rest.find(']') : rest.find(':');
  if (v6 && host_end == std::string_view::npos) return not_a_url(url);
  TcpAddress address{std::string(v6 ? rest.substr(1, host_end - 1) : rest.substr(0, host_end))};
  if (address.host.empty() || address.host.find_first_of(" /?#@\r\n") != std::string::npos) return not_a_url(url);

  rest.remove_prefix(host_end == std::string_view::npos ? rest.size() : host_end + (v6 ? 1 : 0));
  if (rest.empty()) {
    address.port = 80;  // http's own, as every client reads it
    return address;
  }
  if (!rest.starts_with(':')) return not_a_url(url);
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), address.port);
  if (error != std::errc{} || end != rest.data() + rest.size() || address.port == 0) return not_a_url(url);
  return address;
}

std::string text_of(const Address& address) {
  if (const auto* tcp = std::get_if<TcpAddress>(&address)) return std::string(scheme) + authority(*tcp);
  return std::get<UnixAddress>(address).path.string();
}

std::string host_header(const Address& address) {
  if (const auto* tcp = std::get_if<TcpAddress>(&address)) return authority(*tcp);
  return "localhost";
}

}  // namespace portd::client
