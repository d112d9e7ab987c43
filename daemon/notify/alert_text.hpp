#pragma once

#include <string>

#include "common/alert.hpp"

// An alert as it leaves portd.
namespace portd::notify {

// `alert raised id=a-9f0c-7 kind=port-contested subject="27432" detail="..."`, and its facts.
std::string log_line(const Alert& alert);

// "a-9f0c-7-raised": of this change of this alert.
std::string delivery_id(const Alert& alert);

// {"event", "host", "alert"}
std::string webhook_body(const Alert& alert, const std::string& host);

}  // namespace portd::notify
