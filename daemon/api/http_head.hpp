#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/error.hpp"

namespace portd::api {

// What a strict reading of a request's head found. Views into the scanned bytes.
struct HttpHead {
  std::string_view method;
  std::string_view target;  // origin-form: path and query
  std::string_view path;    // as sent, not decoded
  std::string_view query;   // behind the '?'
  int minor = 1;            // of HTTP/1.x

  std::string_view host;       // "localhost:7700"
  std::string_view host_name;  // "localhost", "[::1]"
  std::optional<std::uint16_t> host_port{};

  std::optional<std::string_view> origin{};
  std::optional<std::string_view> content_type{};
  std::optional<std::string_view> authorization{};
  std::optional<std::string_view> sec_fetch_site{};
  std::optional<std::string_view> sec_fetch_mode{};
  std::optional<std::string_view> sec_fetch_dest{};
  std::optional<std::string_view> sec_fetch_user{};
  std::optional<std::string_view> last_event_id{};
  std::optional<std::string_view> if_match{};
  std::optional<std::string_view> if_none_match{};

  std::optional<std::uint64_t> content_length{};
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

// Reads a whole head, its empty line included, by RFC 9112 without the leniencies: no folding, no bare CR or LF, no
// control characters, one well-formed Host, one Content-Length or `Transfer-Encoding: chunked` and never both, no
// header twice that decides anything, origin-form targets only. Error: malformed_http.
Result<HttpHead> scan_head(std::string_view head);

// Where the head in `bytes` ends, its empty line included; nothing while it is incomplete.
// Error: malformed_http as soon as a line ends without CR. `from`: bytes that were looked at before.
Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t from);

}  // namespace portd::api
