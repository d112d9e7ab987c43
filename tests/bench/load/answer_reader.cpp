#include "tests/bench/load/answer_reader.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

namespace portd::load {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";

template <typename Number>
Number number_at(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) throw std::runtime_error("no number in the answer: " + std::string(text.substr(0, 40)));
  return number;
}

int status_of(std::string_view head) {
  if (!head.starts_with("HTTP/1.1 ")) throw std::runtime_error("not HTTP/1.1: " + std::string(head.substr(0, 40)));
  return number_at<int>(head.substr(9));
}

std::size_t length_of(std::string_view head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (head.size() - at < name.size() || ::strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
    return number_at<std::size_t>(head.substr(at + name.size()));
  }
  return 0;
}

}  // namespace

std::span<char> AnswerReader::space() {
  if (filled_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  return std::span(buffer_).subspan(filled_);
}

std::optional<Answer> AnswerReader::next() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= std::exchange(consumed_, 0);
  const std::string_view bytes(buffer_.data(), filled_);
  const std::size_t end = bytes.find(head_end);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = bytes.substr(0, end + 2);
  const std::size_t size = end + head_end.size() + length_of(head);
  if (filled_ < size) return std::nullopt;
  consumed_ = size;
  return Answer{status_of(head), bytes.substr(end + head_end.size(), length_of(head))};
}

}  // namespace portd::load
