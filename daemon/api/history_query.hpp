#pragma once

#include <string_view>

#include "daemon/core/history.hpp"
#include "daemon/core/statistics.hpp"

namespace portd::api {

// `?port= project= service= instance= since= until= at= limit=`. A moment is RFC 3339 or a duration that has passed
// since it. Error: invalid_value naming the parameter.
Result<core::HistoryQuery> history_query_from(std::string_view query, TimePoint now);

// `?window=`, 24h unless stated. Error: invalid_value.
Result<core::StatisticsQuery> statistics_query_from(std::string_view query, TimePoint now);

}  // namespace portd::api
