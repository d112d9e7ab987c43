#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace portd::load {

// One HTTP/1.1 answer. The body lies in the reader and lives until it reads on.
struct Answer {
  int status = 0;
  std::string_view body;
};

// Cuts answers that state a Content-Length (or have no body) out of a stream of bytes.
class AnswerReader {
 public:
  // Where the next bytes go, never empty; then says how many came.
  std::span<char> space();
  void received(std::size_t count) { filled_ += count; }

  // The next whole answer, or nothing yet. Throws std::runtime_error on what is not such an answer.
  std::optional<Answer> next();

 private:
  std::vector<char> buffer_ = std::vector<char>(8192);
  std::size_t filled_ = 0;
  std::size_t consumed_ = 0;  // the bytes of the answer that was handed out
};

}  // namespace portd::load
