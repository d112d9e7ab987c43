#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/port.hpp"
#include "daemon/api/context.hpp"
#include "daemon/api/health_cache.hpp"
#include "daemon/api/port_waiters.hpp"

namespace portd::api {

// A request that has passed the gate.
struct Request {
  std::string_view method;
  std::string_view path;   // as sent
  std::string_view query;  // as sent
  std::string body{};
  core::Caller caller{};
};

// One call of a handler. Everything referred to outlives it.
struct Call {
  Context& context;
  PortWaiters& waiters;
  HealthCache& health;
  const Request& request;
  std::string_view port;                   // what stands for {port} in the path
  const std::function<bool()>& peer_gone;  // whether the client hung up
};

}  // namespace portd::api
