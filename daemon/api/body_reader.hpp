#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "daemon/api/http_head.hpp"

namespace portd::api {

// Reads a request's body, plain or chunked (RFC 9112, sections 6 and 7.1), piece by piece. Chunk extensions and
// trailers are refused.
class BodyReader {
 public:
  // `limit`: of the body, in bytes.
  BodyReader(const HttpHead& head, std::uint64_t limit);

  // Takes bytes from the front; returns how many. What is left over is to be offered again, with more behind it; it
  // is never longer than a chunk's size line. Errors: payload_too_large, malformed_http.
  Result<std::size_t> put(std::string_view bytes);

  bool done() const { return part_ == Part::end; }
  std::string take() { return std::move(body_); }

 private:
  enum class Part { plain, size, data, data_end, last_end, end };

  Result<std::size_t> put_part(std::string_view bytes);
  Result<std::size_t> put_size(std::string_view bytes);
  Result<std::size_t> put_line_end(std::string_view bytes, Part next, const char* refusal);
  std::size_t put_data(std::string_view bytes, Part next);

  std::uint64_t limit_;
  Part part_;
  std::uint64_t missing_;  // of the chunk, or of the plain body
  std::string body_;
};

}  // namespace portd::api
