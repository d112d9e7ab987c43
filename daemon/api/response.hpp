#pragma once

#include <string>
#include <string_view>

#include "common/descriptor.hpp"
#include "common/error.hpp"
#include "common/json.hpp"

namespace portd::api {

// An answer as a handler makes it; the session adds what is of the connection.
struct Response {
  int status = 200;
  std::string_view headers;  // static, whole lines: the content type and its policies
  std::string extra{};       // whole lines: Location, Allow
  std::string body{};
  Descriptor descriptor{};  // goes with the answer's first byte, which ends the connection
};

Response json_response(int status, const Json& json);
Response json_response(std::string body);     // 200, already written
Response schema_response(std::string body);   // 200, of a JSON Schema
Response metrics_response(std::string text);  // 200, of Prometheus
Response not_modified();                      // 304
Response page_response(std::string html, const std::string& policy);
Response no_content();
// Of GET /events.
std::string_view event_stream_headers();
Response problem_response(const Error& error);
Response problem_document(const Json& problem);  // with members of its own

// Whether the client shall send another request on this connection, and whether it gets the body.
struct Framing {
  bool keep_alive = true;
  bool head_only = false;
};

// Appends the whole message to `out`: head and body leave in one write.
void append(std::string& out, const Response& response, Framing framing);

}  // namespace portd::api
