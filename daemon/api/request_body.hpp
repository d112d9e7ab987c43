#pragma once

#include "common/json.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/request.hpp"

namespace portd::api {

// What `read` makes of the body's JSON. Errors: invalid_request when it is none, and those of `read`.
template <class T>
Result<T> read_body(const Request& request, Result<T> (*read)(const Json&)) {
  const auto json = parse_json(request.body);
  if (!json) return json.error();
  return read(*json);
}

// The same where no parameter is known. Error: invalid_value naming the one that is there.
template <class T>
Result<T> read_body_alone(const Request& request, Result<T> (*read)(const Json&)) {
  if (auto query = Query::parse(request.query, {}); !query) return query.error();
  return read_body(request, read);
}

}  // namespace portd::api
