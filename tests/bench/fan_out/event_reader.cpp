#include "tests/bench/fan_out/event_reader.hpp"

#include <algorithm>
#include <utility>

namespace portd::load {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view block_end = "\n\n";

}  // namespace

std::span<char> EventReader::space() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= std::exchange(consumed_, 0);
  if (filled_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  return std::span(buffer_).subspan(filled_);
}

std::optional<std::string_view> EventReader::next() {
  const std::string_view bytes(buffer_.data() + consumed_, filled_ - consumed_);
  const std::string_view end = bytes.starts_with("HTTP/") ? head_end : block_end;
  const std::size_t at = bytes.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  consumed_ += at + end.size();
  return bytes.substr(0, at);
}

}  // namespace portd::load
