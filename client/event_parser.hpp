#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portd::client {

// One event of a stream.
struct StreamEvent {
  std::string event;
  std::string data;

  bool operator==(const StreamEvent&) const = default;
};

// Reads text/event-stream as it comes, in pieces of any size (HTML Living Standard, section 9.2.6).
class EventParser {
 public:
  // The events that these bytes complete.
  std::vector<StreamEvent> feed(std::string_view bytes);

  // Of the newest event, or stated before the first; empty: none yet.
  const std::string& last_id() const { return last_id_; }

  // A line or an event beyond 1 MB, which portd never sends: give up on the stream.
  bool too_large() const { return line_.size() > largest || data_.size() > largest; }

  // What was begun when the connection broke is no event.
  void restart();

 private:
  static constexpr std::size_t largest = std::size_t{1} << 20U;

  std::optional<StreamEvent> end_line();
  std::optional<StreamEvent> dispatch();

  std::string line_;
  std::string event_;
  std::string data_;
  std::string id_;
  std::string last_id_;
  bool after_cr_ = false;
};

}  // namespace portd::client
