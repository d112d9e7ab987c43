#include "common/http_url.hpp"

#include <algorithm>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "common/ascii.hpp"
#include "common/wording.hpp"

namespace portd {
Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  // Boost ends the host behind what looks like an address, so that 127.0.0.1.example.com has a path, ".example.com".
  const bool ends_host = url && (url->encoded_path().empty() || url->encoded_path().starts_with('/'));
  const bool plain = ends_host && url->scheme() == "http" && !url->has_userinfo() && !url->has_fragment();
  std::string host = plain ? url->host_address() : "";
  std::ranges::transform(host, host.begin(), lower_ascii);
  const auto port = plain && url->has_port() ? Port::checked(url->port_number()) : Result<Port>(Port(80));
  if (!plain || !is_host(host) || !port) return Error{Problem::invalid_value, in_quotes(text) + " is no http URL"};
  std::string target(url->encoded_target().empty() ? "/" : url->encoded_target());
  if (!target.starts_with('/')) target.insert(0, "/");  // http://localhost?x
  return HttpUrl{std::move(host), *port, std::move(target)};
}

bool is_host(std::string_view host) {
  const auto may_be_in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (host.find(':') != std::string_view::npos) {
    return std::ranges::equal(host, host, {}, lower_ascii) && boost::urls::parse_ipv6_address(host).has_value();
  }
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, may_be_in_name);
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost") || host == "::1") return true;
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return numeric && host.starts_with("127.") && std::ranges::count(host, '.') == 3;
}

}  // namespace portd
