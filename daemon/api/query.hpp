#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/lease.hpp"
#include "common/vocabulary.hpp"
#include "common/wording.hpp"

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

// A parameter that has to be a name. Error: invalid_value naming it.
Result<std::optional<std::string>> name_from(const Query& query, std::string_view parameter);

// A parameter that is one word of a vocabulary. Error: invalid_value naming it.
template <class E>
Result<std::optional<E>> word_from(const Query& query, std::string_view parameter) {
  const auto value = query.find(parameter);
  if (!value) return std::optional<E>();
  if (const auto word = from_text<E>(*value)) return std::optional<E>(word);
  return Error{Problem::invalid_value,
               in_quotes(*value) + " is no " + std::string(parameter) + "; it is one of " + all_words<E>(),
               {{"field", std::string(parameter)}}};
}

// Puts what was read where it belongs, or says what is wrong.
template <class T>
Result<void> assign(std::optional<T>& field, Result<std::optional<T>> read) {
  if (!read) return read.error();
  field = std::move(*read);
  return {};
}

// `?project= service= instance= state= kind=`. Error: invalid_value naming the parameter.
Result<LeaseFilter> lease_filter_from(std::string_view query);

// The same, and `all=true`: ports on which somebody listens without a lease are asked for, too.
struct PortsQuery {
  LeaseFilter filter{};
  bool all = false;
};
Result<PortsQuery> ports_query_from(std::string_view query);

// Of `?lease=ID`, the only parameter. Error: invalid_value.
Result<std::optional<std::string>> expected_lease_from(std::string_view query);

}  // namespace portd::api
