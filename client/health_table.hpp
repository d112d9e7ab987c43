#pragma once

#include "client/table.hpp"
#include "common/json.hpp"

namespace portd::client {

// The fields of GET /health as rows; those of an object inside as "store.condition".
Table health_table(const Json& health);

}  // namespace portd::client
