#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/api/handlers.hpp"

namespace portd::api {

using AtOnce = Response (*)(Call&);
using Awaited = Task<Response> (*)(Call&);
using Streamed = Task<std::optional<Response>> (*)(Call&, Stream&);
using Handler = std::variant<AtOnce, Awaited, Streamed>;

// One row of the table. `operation` is the operationId of the OpenAPI document.
struct Route {
  std::string_view method;
  std::string_view pattern;  // "/ports/{port}": a name in braces stands for one segment
  std::string_view operation;
  Handler handler;

  bool is_at_once() const { return std::holds_alternative<AtOnce>(handler); }
  bool is_streamed() const { return std::holds_alternative<Streamed>(handler); }
};

std::span<const Route> routes();

// What a method and a path lead to. HEAD leads to where GET does.
struct Match {
  const Route* route = nullptr;  // nothing: see `allowed`
  PathValues path_values{};
  std::string allowed{};  // the methods of the path, for Allow; empty: there is no such path
};
Match find_route(std::string_view method, std::string_view path);
// On the host of a service's name there is one route, for every path; its first path value is the name.
Match name_route(std::string_view method, std::string_view name);

// What the requests are counted by: the routes, then "name" for the hosts of services and "none" for what leads
// nowhere.
std::vector<metrics::MeteredRoute> metered_routes();
// The place of a match's route in that list.
std::size_t place_of(const Route* route);

}  // namespace portd::api
