#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace portd::load {

// Cuts blocks that end with an empty line out of an event stream: the head of the answer, comments, events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
class EventReader {
 public:
  // Where the next bytes go, never empty; then says how many came. Blocks that were handed out end.
  std::span<char> space();
  void received(std::size_t count) { filled_ += count; }

  // The next whole block without its empty line, or nothing yet.
  std::optional<std::string_view> next();

 private:
  std::vector<char> buffer_ = std::vector<char>(65'536);
  std::size_t filled_ = 0;
  std::size_t consumed_ = 0;
};

}  // namespace portd::load
