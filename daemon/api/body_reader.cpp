#include "daemon/api/body_reader.hpp"

#include <algorithm>
#include <charconv>

#include "daemon/api/characters.hpp"

namespace portd::api {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t most_size_digits = 8;

Error malformed_body(const std::string& why) { return {Problem::malformed_http, "the body is malformed: " + why}; }

Error too_large(std::uint64_t limit) {
  return {Problem::payload_too_large, "the body is too large; portd takes " + std::to_string(limit / 1024) + " KB"};
}

}  // namespace

BodyReader::BodyReader(const HttpHead& head, std::uint64_t limit)
    : limit_(limit), part_(head.chunked ? Part::size : Part::plain), missing_(head.content_length.value_or(0)) {
  if (part_ == Part::plain && missing_ == 0) part_ = Part::end;
}

Result<std::size_t> BodyReader::put(std::string_view bytes) {
  if (part_ == Part::plain && missing_ + body_.size() > limit_) return too_large(limit_);
  std::size_t taken = 0;
  while (!done()) {
    auto more = put_part(bytes.substr(taken));
    if (!more) return more.error();
    if (*more == 0) break;
    taken += *more;
  }
  return taken;
}

Result<std::size_t> BodyReader::put_part(std::string_view bytes) {
  switch (part_) {
    case Part::plain:
      return put_data(bytes, Part::end);
    case Part::size:
      return put_size(bytes);
    case Part::data:
      return put_data(bytes, Part::data_end);
    case Part::data_end:
      return put_line_end(bytes, Part::size, "a chunk is longer than its size says");
    case Part::last_end:
      return put_line_end(bytes, Part::end, "trailers are not taken");
    case Part::end:
      break;
  }
  return std::size_t{0};
}

std::size_t BodyReader::put_data(std::string_view bytes, Part next) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(missing_, bytes.size()));
  body_.append(bytes.substr(0, count));
  missing_ -= count;
  if (missing_ == 0) part_ = next;
  return count;
}

Result<std::size_t> BodyReader::put_size(std::string_view bytes) {
  const auto end = bytes.find(line_end);
  const std::string_view number = bytes.substr(0, end);
  if (end == std::string_view::npos && number.size() <= most_size_digits + 1) return std::size_t{0};
  if (number.empty() || number.size() > most_size_digits || !hex_digits.all_of(number)) {
    return malformed_body("a chunk's size must be a hexadecimal number, with nothing behind it");
  }
  std::from_chars(number.data(), number.data() + number.size(), missing_, 16);
  if (missing_ + body_.size() > limit_) return too_large(limit_);
  part_ = missing_ == 0 ? Part::last_end : Part::data;
  return end + line_end.size();
}

Result<std::size_t> BodyReader::put_line_end(std::string_view bytes, Part next, const char* refusal) {
  const std::string_view found = bytes.substr(0, line_end.size());
  if (!line_end.starts_with(found)) return malformed_body(refusal);
  if (found.size() < line_end.size()) return std::size_t{0};
  part_ = next;
  return line_end.size();
}

}  // namespace portd::api
