#pragma once

#include <optional>
#include <string>

#include "common/lease.hpp"

namespace portd::api {

// The last answer of GET /health, for as long as it can be known to hold. The cheapest route is asked most often.
struct HealthCache {
  std::string body;
  Revision newest;  // of the journal
  SteadyPoint made_at{};
};

}  // namespace portd::api
