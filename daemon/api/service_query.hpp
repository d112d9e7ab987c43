#pragma once

#include <optional>
#include <string_view>

#include "common/service.hpp"

namespace portd::api {

// What GET /services?... asks for.
struct DiscoveryQuery {
  InstanceFilter filter{};
  std::optional<Millis> wait{};        // at most 10 m
  std::optional<Revision> revision{};  // that the caller knows; an unknown one is answered at once
};

// `?project= service= instance= status= tag= wait= revision=`. Error: invalid_value naming the parameter.
Result<DiscoveryQuery> discovery_query_from(std::string_view query);

// The same without wait and revision.
Result<InstanceFilter> instance_filter_from(std::string_view query);

// The same for one service; its project is `default` unless stated.
Result<DiscoveryQuery> service_discovery_query_from(std::string_view service, std::string_view query);

// `?project= instance=`, which default to `default` and `main`: the instance that a write is about.
Result<InstanceKey> instance_from(std::string_view service, std::string_view query);

}  // namespace portd::api
