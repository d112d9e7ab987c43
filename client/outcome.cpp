#include "client/outcome.hpp"

#include <algorithm>
#include <stdexcept>

namespace portd::client {

Failure failure_from(const Error& error) {
  const bool in_file = std::ranges::any_of(error.facts, [](const Fact& fact) { return fact.name == "file"; });
  return {in_file ? Exit::configuration : static_cast<Exit>(row_of(error.problem).exit_code), error.detail};
}

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
  throw std::logic_error("unexpected failure: " + failure.detail);
}

}  // namespace portd::client
