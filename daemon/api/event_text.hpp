#pragma once

#include <string>
#include <vector>

#include "common/json.hpp"
#include "daemon/core/event_log.hpp"

namespace portd::api {

// As GET /events sends it: "event: ...", "id: ...", "data: ...", an empty line
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
std::string event_text(const core::Event& event);

// For a reader of whom something was dropped: from here on it has everything again.
std::string reset_text(const Revision& revision, TimePoint at, const std::string& reason);

// The texts of the newest events, so that a hundred readers cost one writing. Loop thread only.
class EventTexts {
 public:
  // The position must be in the log.
  const std::string& at(const core::EventLog& log, core::EventLog::Position position);

 private:
  struct Slot {
    core::EventLog::Position position = 0;
    std::string text{};
  };
  static constexpr std::size_t slots = 1024;
  std::vector<Slot> slots_{slots};
};

}  // namespace portd::api
