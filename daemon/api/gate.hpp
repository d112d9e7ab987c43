#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "daemon/api/context.hpp"
#include "daemon/api/http_head.hpp"

namespace portd::api {

// From where a request came, as far as the gate cares.
struct Source {
  bool unix_socket = false;
  std::uint16_t port = 0;      // our own, of the TCP connection
  std::optional<uid_t> uid{};  // of the peer's process, if the system could tell
};

// Section 4 of the design, before routing and for every request. Pure: the whole decision lies in the arguments.
// Nothing: it may pass. Errors, in this order: misdirected, forbidden, unsupported_media_type.
std::optional<Error> refusal(const HttpHead& head, const Access& access, const Source& from);

// The service's name when the request is for one: "shop" for the Host shop.localhost with our port, over TCP. In the
// letters that were sent.
std::optional<std::string_view> named_service(const HttpHead& head, const Access& access, const Source& from);

}  // namespace portd::api
