// Any bytes as a request: head, gate and body must hold, and whatever they accept Beast's parser must read the same
// way, or somebody in between could be made to see another request than we do.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/api/body_reader.hpp"
#include "daemon/api/gate.hpp"
#include "daemon/api/routes.hpp"

namespace http = boost::beast::http;
using namespace portd;

namespace {

constexpr std::uint64_t body_limit = 64 * 1024;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "does not hold: " << what << "\n";
  std::abort();
}

struct ReadBody {
  std::string text;
  std::size_t size = 0;  // of its bytes on the wire
};

// Nothing: refused, or incomplete.
std::optional<ReadBody> read_body(const api::HttpHead& head, std::string_view bytes, std::size_t step) {
  api::BodyReader reader(head, body_limit);
  ReadBody body;
  for (std::size_t offered = 0; !reader.done();) {
    if (offered == bytes.size()) return std::nullopt;
    offered = std::min(bytes.size(), offered + step);
    const auto taken = reader.put(bytes.substr(body.size, offered - body.size));
    if (!taken) return std::nullopt;
    body.size += *taken;
  }
  body.text = reader.take();
  return body;
}

void compare_with_beast(const api::HttpHead& head, const ReadBody& body, std::string_view message) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(1 << 20);
  parser.body_limit(body_limit);
  parser.eager(true);
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(message.data(), message.size()), error);
  require(!error, "Beast accepts what we accept");
  require(parser.is_done(), "Beast sees the same end");
  const auto& request = parser.get();
  require(request.method_string() == head.method, "the same method");
  require(request.target() == head.target, "the same target");
  require(request[http::field::host] == head.host, "the same Host");
  require(request.count(http::field::host) == 1, "one Host");
  require(request.chunked() == head.chunked, "the same framing");
  require(parser.content_length_remaining().value_or(0) == 0, "the same length");
  require(request.body() == body.text, "the same body");
  if (head.minor == 1) require(request.keep_alive() == head.keep_alive, "the same fate of the connection");
}

void pass_the_gate(const api::HttpHead& head) {
  const api::Access access{1000, "token", {"allowed.test"}};
  for (const api::Source& source :
       {api::Source{false, 7700, 1000}, api::Source{false, 7700, std::nullopt}, api::Source{true, 0, 1000}}) {
    const auto refused = api::refusal(head, access, source);
    if (refused) require(!refused->detail.empty(), "a refusal tells why");
    if (refused || source.unix_socket) continue;
    require(!head.origin || head.origin->size() == head.host.size() + 7, "no other origin passes");
    require(head.sec_fetch_site != "cross-site" || (head.path == "/" && head.method == "GET"), "no other site passes");
  }
  const auto match = api::find_route(head.method, head.path);
  require(match.route == nullptr || match.allowed.empty(), "a route or what is allowed instead");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto end = api::find_head_end(bytes, 0);
  if (!end || !*end) return 0;
  const std::string_view text = bytes.substr(0, **end);
  const auto head = api::scan_head(text);
  if (!head) return 0;
  pass_the_gate(*head);
  const std::string_view rest = bytes.substr(text.size());
  const auto body = read_body(*head, rest, rest.size());
  const auto slowly = read_body(*head, rest, 1);
  require(body.has_value() == slowly.has_value(), "it does not matter in which pieces a body comes");
  if (!body) return 0;
  require(body->text == slowly->text && body->size == slowly->size, "the same body in pieces");
  compare_with_beast(*head, *body, bytes.substr(0, text.size() + body->size));
  return 0;
}
