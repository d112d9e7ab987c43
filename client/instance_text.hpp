#pragma once

#include <string>
#include <vector>

#include "client/api.hpp"
#include "client/session.hpp"

// Instances as people read them.
namespace portd::client {

// "connection refused on 27432; affected by db": why it is not well, or will not be; empty when all is well.
std::string reason_of(const Instance& instance);

// What keeps it from being healthy, with the outputs of its failing checks: "critical, connection refused on 27432".
// Empty: nothing does.
std::string obstacle_of(const Instance& instance);

// A text of many lines or of many bytes, as one short line.
std::string in_short(const std::string& text);

// SERVICE INSTANCE STATUS URL TAGS REASON, as JSON `json`.
void print_instances(Session& session, const std::vector<ListedInstance>& instances, const Json& json);

}  // namespace portd::client
