#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace portd {

// The closed vocabulary of problems (DESIGN section 5). Adding one is a contract change.
enum class Problem {
  malformed_http,
  invalid_request,
  forbidden,
  command_not_allowed,
  not_found,
  method_not_allowed,
  port_in_use,
  already_running,
  key_conflict,
  stale_lease,
  stale_etag,
  payload_too_large,
  unsupported_media_type,
  misdirected,
  invalid_value,
  dependency_cycle,
  host_not_allowed,
  precondition_required,
  headers_too_large,
  store_unavailable,
  overloaded,
  range_full,
  disk_full,
};

// The one table that maps an error to what the wire and the shell see.
struct ProblemRow {
  Problem problem;
  std::string_view slug;   // "port-in-use"; the type is "urn:portd:problem:" + slug
  std::string_view title;  // for people, the same for every occurrence
  int http_status;
  int exit_code;  // of portc (DESIGN section 7)
};

const ProblemRow& row_of(Problem problem);
std::optional<Problem> problem_from_slug(std::string_view slug);

// A machine-readable detail beside the text, e.g. {"port", 20100}.
struct Fact {
  std::string name;
  std::variant<std::string, std::int64_t> value;

  bool operator==(const Fact&) const = default;
};

// An expected failure, as a value. `detail` is one sentence that tells the next step.
struct Error {
  Problem problem;
  std::string detail;
  std::vector<Fact> facts = {};
};

template <class T>
using Result = boost::system::result<T, Error>;

// Called by Result::value() on an error; a bug, since expected failures are tested for.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace portd
