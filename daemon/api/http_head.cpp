#include "daemon/api/http_head.hpp"

#include <array>
#include <charconv>
#include <string>

#include "daemon/api/characters.hpp"

namespace portd::api {
namespace {

// RFC 9110, section 5.6.2 and 5.5; RFC 3986, section 3.3 and 3.4.
constexpr Characters token_characters = Characters("!#$%&'*+-.^_`|~").with('0', '9').with('a', 'z').with('A', 'Z');
constexpr Characters value_characters = Characters("\t").with(0x20, 0x7e).with(0x80, 0xff);
constexpr Characters target_characters =
    Characters("-._~!$&'()*+,;=:@/?%").with('0', '9').with('a', 'z').with('A', 'Z');
constexpr Characters host_characters = Characters("-._").with('0', '9').with('a', 'z').with('A', 'Z');
constexpr Characters ipv6_characters = hex_digits.with(':', ':').with('.', '.');

Error malformed(std::string what) { return {Problem::malformed_http, std::move(what)}; }

bool is_token(std::string_view text) { return !text.empty() && token_characters.all_of(text); }

bool has_bad_escape(std::string_view target) {
  for (auto at = target.find('%'); at != std::string_view::npos; at = target.find('%', at + 1)) {
    const std::string_view escape = target.substr(at + 1, 2);
    if (escape.size() < 2 || !hex_digits.all_of(escape)) return true;
  }
  return false;
}

Result<void> scan_target(std::string_view target, HttpHead& head) {
  if (!target.starts_with('/')) {
    return malformed("the request target must be a path like /ports, not an absolute URL");
  }
  if (!target_characters.all_of(target) || has_bad_escape(target)) {
    return malformed("the request target has a character or an escape that must not be there; percent-encode it");
  }
  head.target = target;
  const auto question = target.find('?');
  head.path = target.substr(0, question);
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return {};
}

Result<void> scan_request_line(std::string_view line, HttpHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return malformed("the request line must be METHOD SP TARGET SP HTTP/1.1");
  }
  head.method = line.substr(0, first);
  if (!is_token(head.method)) return malformed("the method is not a token");
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return malformed("the version must be HTTP/1.1");
  head.minor = version.back() - '0';
  head.keep_alive = head.minor == 1;
  return scan_target(line.substr(first + 1, last - first - 1), head);
}

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t number = 0;
  if (text.empty() || text.size() > 5 || !digits.all_of(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) return std::nullopt;
  return number;
}

bool is_host_name(std::string_view name) {
  if (name.starts_with('[')) {
    return name.size() > 3 && name.ends_with(']') && ipv6_characters.all_of(name.substr(1, name.size() - 2));
  }
  return !name.empty() && host_characters.all_of(name);
}

Result<void> take_host(std::string_view value, HttpHead& head) {
  if (!head.host.empty()) return malformed("there is more than one Host");
  const auto colon = value.find(':', value.starts_with('[') ? value.find(']') : 0);
  head.host = value;
  head.host_name = value.substr(0, colon);
  if (colon != std::string_view::npos) {
    head.host_port = port_number(value.substr(colon + 1));
    if (!head.host_port) return malformed("the port in Host is not a port");
  }
  if (!is_host_name(head.host_name)) return malformed("Host is not a host name, optionally with a port");
  return {};
}

Result<void> take_content_length(std::string_view value, HttpHead& head) {
  if (head.content_length) return malformed("there is more than one Content-Length");
  constexpr std::size_t most = 18;  // digits that always fit
  if (value.empty() || value.size() > most || !digits.all_of(value)) {
    return malformed("Content-Length must be one decimal number");
  }
  std::uint64_t length = 0;
  std::from_chars(value.data(), value.data() + value.size(), length);
  head.content_length = length;
  return {};
}

Result<void> take_transfer_encoding(std::string_view value, HttpHead& head) {
  if (head.minor == 0) return malformed("HTTP/1.0 has no Transfer-Encoding");
  if (head.chunked) return malformed("there is more than one Transfer-Encoding");
  if (!equals_ignoring_case(value, "chunked")) return malformed("the only Transfer-Encoding is chunked, once");
  head.chunked = true;
  return {};
}

Result<void> take_connection(std::string_view value, HttpHead& head) {
  while (true) {
    const auto comma = value.find(',');
    const std::string_view option = trimmed(value.substr(0, comma));
    if (!option.empty() && !is_token(option)) return malformed("Connection is not a list of tokens");
    if (equals_ignoring_case(option, "close")) head.keep_alive = false;
    if (comma == std::string_view::npos) return {};
    value.remove_prefix(comma + 1);
  }
}

Result<void> take_expect(std::string_view value, HttpHead& head) {
  if (!equals_ignoring_case(value, "100-continue")) return malformed("the only Expect is 100-continue");
  head.expects_continue = head.minor == 1;
  return {};
}

Result<void> refuse_trailer(std::string_view, HttpHead&) { return malformed("trailers are not taken"); }

// Headers that may come once at most, kept as they are.
template <std::optional<std::string_view> HttpHead::* member>
Result<void> take_once(std::string_view value, HttpHead& head) {
  if (head.*member) return malformed("a header that may come once came twice");
  head.*member = value;
  return {};
}

struct KnownHeader {
  std::string_view name;
  Result<void> (*take)(std::string_view value, HttpHead& head);
};

constexpr std::array known_headers = std::to_array<KnownHeader>({
    {"host", take_host},
    {"content-length", take_content_length},
    {"content-type", take_once<&HttpHead::content_type>},
    {"connection", take_connection},
    {"proxy-connection", take_connection},
    {"origin", take_once<&HttpHead::origin>},
    {"authorization", take_once<&HttpHead::authorization>},
    {"sec-fetch-site", take_once<&HttpHead::sec_fetch_site>},
    {"sec-fetch-mode", take_once<&HttpHead::sec_fetch_mode>},
    {"sec-fetch-dest", take_once<&HttpHead::sec_fetch_dest>},
    {"sec-fetch-user", take_once<&HttpHead::sec_fetch_user>},
    {"last-event-id", take_once<&HttpHead::last_event_id>},
    {"if-match", take_once<&HttpHead::if_match>},
    {"if-none-match", take_once<&HttpHead::if_none_match>},
    {"transfer-encoding", take_transfer_encoding},
    {"expect", take_expect},
    {"trailer", refuse_trailer},
});

Result<void> scan_header(std::string_view line, HttpHead& head) {
  if (line.starts_with(' ') || line.starts_with('\t')) return malformed("a header is folded over two lines");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("a header has no colon");
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return malformed("the name of a header is not a token (a space before the colon?)");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!value_characters.all_of(value)) return malformed("a header has a control character");
  for (const KnownHeader& known : known_headers) {
    if (equals_ignoring_case(name, known.name)) return known.take(value, head);
  }
  return {};
}

// Takes the next line off the front; the caller knows that the text ends with an empty line.
std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

}  // namespace

Result<HttpHead> scan_head(std::string_view text) {
  if (!text.ends_with("\r\n\r\n")) return malformed("the head does not end with an empty line");
  HttpHead head;
  if (auto line = scan_request_line(next_line(text), head); !line) return line.error();
  while (true) {
    const std::string_view line = next_line(text);
    if (line.empty()) break;
    if (auto header = scan_header(line, head); !header) return header.error();
  }
  if (!text.empty()) return malformed("there are bytes behind the empty line");
  if (head.host.empty()) return malformed("there is no Host; send one, e.g. Host: localhost:7700");
  if (head.chunked && head.content_length) return malformed("there are both Content-Length and Transfer-Encoding");
  return head;
}

Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t from) {
  // Looks at line ends only; the four bytes before `from` may be the front of an empty line.
  std::size_t at = bytes.find('\n', from < 3 ? 0 : from - 3);
  for (; at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return malformed("a line ends without CR");
    if (bytes.substr(at + 1, 2) == "\r\n") return std::optional(at + 3);
  }
  return std::optional<std::size_t>();
}

}  // namespace portd::api
