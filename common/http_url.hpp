#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/port.hpp"

namespace portd {

// Where an HTTP request goes to, in plain text.
struct HttpUrl {
  std::string host;  // a name, or an address without brackets, in lower case
  Port port{80};
  std::string target = "/";  // path and query, as they are sent

  bool operator==(const HttpUrl&) const = default;
};

// An http URL without user and fragment. Error: invalid_value.
Result<HttpUrl> parse_http_url(std::string_view text);

// A name, or an address without brackets, in lower case.
bool is_host(std::string_view host);

// Whether it is this machine's loopback by name or address: localhost, *.localhost, 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

}  // namespace portd
