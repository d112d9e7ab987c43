#include "client/event_parser.hpp"

#include <utility>

namespace portd::client {

std::vector<StreamEvent> EventParser::feed(std::string_view bytes) {
  std::vector<StreamEvent> events;
  for (const char c : bytes) {
    const bool second_of_crlf = std::exchange(after_cr_, c == '\r') && c == '\n';
    if (second_of_crlf) continue;
    if (c != '\n' && c != '\r') {
      line_ += c;
      continue;
    }
    if (auto event = end_line()) events.push_back(std::move(*event));
    line_.clear();
  }
  return events;
}

void EventParser::restart() {
  line_.clear();
  event_.clear();
  data_.clear();
  id_ = last_id_;
  after_cr_ = false;
}

std::optional<StreamEvent> EventParser::end_line() {
  if (line_.empty()) return dispatch();
  const std::size_t colon = line_.find(':');
  if (colon == 0) return std::nullopt;  // a comment
  const std::string field = line_.substr(0, colon);
  std::string value = colon == std::string::npos ? "" : line_.substr(colon + 1);
  if (value.starts_with(' ')) value.erase(0, 1);
  if (field == "event") event_ = value;
  if (field == "data") data_ += value + "\n";
  if (field == "id" && value.find('\0') == std::string::npos) id_ = value;
  return std::nullopt;
}

std::optional<StreamEvent> EventParser::dispatch() {
  last_id_ = id_;
  StreamEvent event{std::exchange(event_, ""), std::exchange(data_, "")};
  if (event.data.empty()) return std::nullopt;
  event.data.pop_back();
  return event;
}

}  // namespace portd::client
