#pragma once

#include "common/json.hpp"
#include "daemon/core/history.hpp"
#include "daemon/core/statistics.hpp"

namespace portd::api {

Json to_json(const core::HistoryPage& page);

// The parts of GET /stats that were recorded.
Json to_json(const core::ServiceSample& sample);
Json to_json(const core::OccupancyPoint& point);
Json to_json(const core::PortCounts& ports);

}  // namespace portd::api
