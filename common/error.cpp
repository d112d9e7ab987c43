#include "common/error.hpp"

#include <array>
#include <stdexcept>

namespace portd {
namespace {

constexpr std::array<ProblemRow, 23> rows{{
    {Problem::malformed_http, "malformed-http", "The HTTP message is malformed", 400, 2},
    {Problem::invalid_request, "invalid-request", "The request is not valid JSON", 400, 2},
    {Problem::forbidden, "forbidden", "Not allowed", 403, 77},
    {Problem::command_not_allowed, "command-not-allowed", "Commands come from the configuration only", 403, 77},
    {Problem::not_found, "not-found", "Not found", 404, 3},
    {Problem::method_not_allowed, "method-not-allowed", "Method not allowed", 405, 2},
    {Problem::port_in_use, "port-in-use", "The port is in use", 409, 4},
    {Problem::already_running, "already-running", "The service already runs", 409, 4},
    {Problem::key_conflict, "key-conflict", "The key is leased on other terms", 409, 4},
    {Problem::stale_lease, "stale-lease", "The port has another lease by now", 412, 4},
    {Problem::stale_etag, "stale-etag", "The configuration changed meanwhile", 412, 4},
    {Problem::payload_too_large, "payload-too-large", "The body is too large", 413, 2},
    {Problem::unsupported_media_type, "unsupported-media-type", "Unsupported media type", 415, 2},
    {Problem::misdirected, "misdirected", "The Host is not portd's", 421, 77},
    {Problem::invalid_value, "invalid-value", "A value is not valid", 422, 2},
    {Problem::dependency_cycle, "dependency-cycle", "The dependencies form a cycle", 422, 2},
    {Problem::host_not_allowed, "host-not-allowed", "The host is not allowed", 422, 77},
    {Problem::precondition_required, "precondition-required", "A precondition is required", 428, 2},
    {Problem::headers_too_large, "headers-too-large", "The headers are too large", 431, 2},
    {Problem::store_unavailable, "store-unavailable", "The store takes no changes", 503, 1},
    {Problem::overloaded, "overloaded", "Too many connections", 503, 1},
    {Problem::range_full, "range-full", "The range has no free port", 507, 1},
    {Problem::disk_full, "disk-full", "The disk is full", 507, 1},
}};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].problem != static_cast<Problem>(i)) return false;
  }
  return true;
}
static_assert(rows_follow_the_enum());

}  // namespace

const ProblemRow& row_of(Problem problem) { return rows.at(static_cast<std::size_t>(problem)); }

std::optional<Problem> problem_from_slug(std::string_view slug) {
  for (const ProblemRow& row : rows) {
    if (row.slug == slug) return row.problem;
  }
  return std::nullopt;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("unexpected error: " + error.detail);
}

}  // namespace portd
