#include "daemon/api/history_query.hpp"

#include <charconv>

#include "daemon/api/query.hpp"

namespace portd::api {
namespace {

constexpr std::size_t most_entries = 1000;
constexpr Millis least_window = std::chrono::minutes(1);
constexpr Millis rounding{1'000};  // of whoever says "now"

Error wrong(std::string_view parameter, std::string detail) {
  return {Problem::invalid_value, std::move(detail), {{"field", std::string(parameter)}}};
}

Result<std::optional<Port>> port_from(const Query& query) {
  const auto text = query.find("port");
  if (!text) return std::optional<Port>();
  const auto port = Port::parse(*text);
  if (!port) return wrong("port", "\"port\" is a number from 1 to 65535, not " + in_quotes(*text));
  return std::optional(*port);
}

Result<std::optional<TimePoint>> moment_from(const Query& query, std::string_view parameter, TimePoint now) {
  const auto text = query.find(parameter);
  if (!text) return std::optional<TimePoint>();
  if (const auto moment = parse_rfc3339(*text)) return std::optional(*moment);
  if (const auto ago = parse_duration(*text)) return std::optional(now - *ago);
  return wrong(parameter, in_quotes(parameter) +
                              " is a time such as 2026-11-24T03:04:05Z, or how long ago it was, such as 2h, not " +
                              in_quotes(*text));
}

Result<std::size_t> limit_from(const Query& query) {
  const auto text = query.find("limit");
  if (!text) return core::HistoryQuery{}.limit;
  std::size_t limit = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), limit);
  const bool whole = problem == std::errc() && end == text->data() + text->size();
  if (whole && limit >= 1 && limit <= most_entries) return limit;
  return wrong("limit", "\"limit\" is a number from 1 to 1000, not " + in_quotes(*text));
}

}  // namespace

Result<core::HistoryQuery> history_query_from(std::string_view text, TimePoint now) {
  const auto query = Query::parse(text, {"port", "project", "service", "instance", "since", "until", "at", "limit"});
  if (!query) return query.error();
  core::HistoryQuery asked;
  if (auto read = assign(asked.port, port_from(*query)); !read) return read.error();
  if (auto read = assign(asked.project, name_from(*query, "project")); !read) return read.error();
  if (auto read = assign(asked.service, name_from(*query, "service")); !read) return read.error();
  if (auto read = assign(asked.instance, name_from(*query, "instance")); !read) return read.error();
  if (auto read = assign(asked.since, moment_from(*query, "since", now)); !read) return read.error();
  if (auto read = assign(asked.until, moment_from(*query, "until", now)); !read) return read.error();
  std::optional<TimePoint> at;
  if (auto read = assign(at, moment_from(*query, "at", now)); !read) return read.error();
  if (at && (asked.since || asked.until)) return wrong("at", "\"at\" is a moment by itself; leave out since and until");
  if (at) asked.since = asked.until = at;
  if (asked.since && *asked.since > now + rounding) {
    const std::string_view parameter = at ? "at" : "since";
    return wrong(parameter, in_quotes(parameter) + " is still to come: " + to_rfc3339(*asked.since) +
                                "; history is of what was, so state the day, too, or how long ago it was");
  }
  if (asked.since && asked.until && *asked.since > *asked.until) {
    return wrong("since", "\"since\" is after \"until\"; exchange them");
  }
  const auto limit = limit_from(*query);
  if (!limit) return limit.error();
  asked.limit = *limit;
  return asked;
}

Result<core::StatisticsQuery> statistics_query_from(std::string_view text, TimePoint now) {
  const auto query = Query::parse(text, {"window"});
  if (!query) return query.error();
  const std::string stated = query->find("window").value_or("24h");
  const auto window = parse_duration(stated);
  if (window && *window >= least_window) return core::StatisticsQuery{now - *window, *window};
  return wrong("window", "\"window\" is a duration from 1m to 3650d, such as 24h, not " + in_quotes(stated));
}

}  // namespace portd::api
