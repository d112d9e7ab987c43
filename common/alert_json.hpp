#pragma once

#include <vector>

#include "common/alert.hpp"
#include "common/json.hpp"

// The wire form of the alerts of section 5 of the design, for both sides.
namespace portd {

Json to_json(const Alert& alert);

// {"alerts": [...]}
Json to_json(const std::vector<Alert>& alerts);

// For the client. Fields that a newer portd adds are passed over. Error: invalid_value naming the field.
Result<Alert> alert_from_json(const Json& json);
Result<std::vector<Alert>> alerts_from_json(const Json& json);

}  // namespace portd
