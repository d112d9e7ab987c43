#include "daemon/api/response.hpp"

#include <array>
#include <charconv>

#include "common/lease_json.hpp"

namespace portd::api {
namespace {

#define PORTD_ALWAYS                              \
  "X-Content-Type-Options: nosniff\r\n"           \
  "Cross-Origin-Resource-Policy: same-origin\r\n" \
  "Referrer-Policy: no-referrer\r\n"              \
  "Cache-Control: no-store\r\n"
#define PORTD_NO_PAGE "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"

constexpr std::string_view json_headers = "Content-Type: application/json\r\n" PORTD_NO_PAGE PORTD_ALWAYS;
constexpr std::string_view problem_headers = "Content-Type: application/problem+json\r\n" PORTD_NO_PAGE PORTD_ALWAYS;
constexpr std::string_view schema_headers = "Content-Type: application/schema+json\r\n" PORTD_NO_PAGE PORTD_ALWAYS;
constexpr std::string_view metrics_headers =
    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n" PORTD_NO_PAGE PORTD_ALWAYS;
constexpr std::string_view page_headers = "Content-Type: text/html; charset=utf-8\r\n" PORTD_ALWAYS;
constexpr std::string_view stream_headers = "Content-Type: text/event-stream\r\n" PORTD_NO_PAGE PORTD_ALWAYS;
constexpr std::string_view bodiless_headers = PORTD_NO_PAGE PORTD_ALWAYS;

#undef PORTD_ALWAYS
#undef PORTD_NO_PAGE

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 300:
      return "HTTP/1.1 300 Multiple Choices\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 307:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 403:
      return "HTTP/1.1 403 Forbidden\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 412:
      return "HTTP/1.1 412 Precondition Failed\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 415:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case 421:
      return "HTTP/1.1 421 Misdirected Request\r\n";
    case 422:
      return "HTTP/1.1 422 Unprocessable Content\r\n";
    case 428:
      return "HTTP/1.1 428 Precondition Required\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 507:
      return "HTTP/1.1 507 Insufficient Storage\r\n";
    default:
      return "HTTP/1.1 503 Service Unavailable\r\n";
  }
}

void append_length(std::string& out, std::size_t length) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
  out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
}

}  // namespace

Response json_response(int status, const Json& json) { return {status, json_headers, {}, dump_json(json)}; }

Response json_response(std::string body) { return {200, json_headers, {}, std::move(body)}; }

Response schema_response(std::string body) { return {200, schema_headers, {}, std::move(body)}; }

Response metrics_response(std::string text) { return {200, metrics_headers, {}, std::move(text)}; }

Response not_modified() { return {304, bodiless_headers}; }

Response page_response(std::string html, const std::string& policy) {
  return {200, page_headers, "Content-Security-Policy: " + policy + "\r\n", std::move(html)};
}

Response no_content() { return {204, bodiless_headers}; }

std::string_view event_stream_headers() { return stream_headers; }

Response problem_response(const Error& error) { return problem_document(to_json(error)); }

Response problem_document(const Json& problem) {
  return {problem.at("status").get<int>(), problem_headers, {}, dump_json(problem)};
}

void append(std::string& out, const Response& response, Framing framing) {
  out.append(status_line(response.status)).append(response.headers).append(response.extra);
  if (response.status != 204 && response.status != 304) append_length(out, response.body.size());
  if (!framing.keep_alive) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (!framing.head_only) out.append(response.body);
}

}  // namespace portd::api
