#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/lease.hpp"

namespace portd::api {

// The parameters of a query, decoded. The gate has made sure that every escape is well-formed.
class Query {
 public:
  // Error: invalid_value for a parameter that is not in `known` (with the nearest one) or comes twice.
  static Result<Query> parse(std::string_view text, std::initializer_list<std::string_view> known);

  std::optional<std::string> find(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// `?project= service= instance= state= kind=`. Error: invalid_value naming the parameter.
Result<LeaseFilter> lease_filter_from(std::string_view query);

// Of `?lease=ID`, the only parameter. Error: invalid_value.
Result<std::optional<std::string>> expected_lease_from(std::string_view query);

}  // namespace portd::api
