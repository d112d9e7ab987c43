#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/port.hpp"
#include "daemon/api/context.hpp"
#include "daemon/api/event_text.hpp"
#include "daemon/api/health_cache.hpp"
#include "daemon/api/waiters.hpp"

namespace portd::api {

// What stands for the names in braces of a route's pattern, in order.
using PathValues = std::array<std::string_view, 2>;

// A request that has passed the gate.
struct Request {
  std::string_view method;
  std::string_view path;   // as sent
  std::string_view query;  // as sent
  std::string body{};
  core::Caller caller{};
  std::optional<std::string_view> last_event_id{};
  std::optional<std::string_view> if_match{};
  std::optional<std::string_view> if_none_match{};
  bool local = false;            // over the unix socket: an answer may carry a descriptor
  std::string_view unix_path{};  // where that is; empty: nowhere that has a name
};

// One call of a handler. Everything referred to outlives it.
struct Call {
  Context& context;
  Waiters& port_waiters;
  Waiters& event_waiters;
  EventTexts& event_texts;
  HealthCache& health;
  const Request& request;
  PathValues path_values;                  // what stands for {port}, {service}, {check} in the path
  const std::function<bool()>& peer_gone;  // whether the client hung up
};

}  // namespace portd::api
