#include "client/moment.hpp"

#include <time.h>

#include <array>
#include <cstdio>
#include <optional>

#include "common/wording.hpp"

namespace portd::client {
namespace {

std::tm local_parts(TimePoint moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

TimePoint moment_of(std::tm parts) {
  parts.tm_isdst = -1;  // whatever it was there and then
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::from_time_t(std::mktime(&parts)));
}

bool is_in_calendar(const std::tm& parts) {
  const auto year = std::chrono::year(parts.tm_year + 1900);
  return (year / (parts.tm_mon + 1) / parts.tm_mday).ok() && parts.tm_sec < 60;
}

// Reads the whole text after strptime's format. strptime(3) takes 31 days of every month, and leap seconds.
std::optional<std::tm> parts_of(const std::string& text, const char* format, std::tm parts) {
  const char* end = ::strptime(text.c_str(), format, &parts);
  if (end == nullptr || *end != '\0' || !is_in_calendar(parts)) return std::nullopt;
  return parts;
}

std::optional<TimePoint> time_of_day(const std::string& text, TimePoint now) {
  std::tm today = local_parts(now);
  today.tm_sec = 0;
  for (const char* format : {"%H:%M:%S", "%H:%M"}) {
    const auto parts = parts_of(text, format, today);
    if (!parts) continue;
    if (const TimePoint moment = moment_of(*parts); moment <= now) return moment;
    std::tm yesterday = *parts;
    --yesterday.tm_mday;
    return moment_of(yesterday);
  }
  return std::nullopt;
}

std::optional<TimePoint> time_of_date(const std::string& text) {
  for (const char* format :
       {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    if (const auto parts = parts_of(text, format, std::tm{})) return moment_of(*parts);
  }
  return std::nullopt;
}

}  // namespace

Outcome<TimePoint> parse_moment(std::string_view text, std::string_view option, TimePoint now) {
  if (const auto ago = parse_duration(text)) return now - *ago;
  if (const auto moment = parse_rfc3339(text)) return *moment;
  const std::string whole(text);
  if (const auto moment = time_of_day(whole, now)) return *moment;
  if (const auto moment = time_of_date(whole)) return *moment;
  return Failure{Exit::usage, std::string(option) +
                                  " is how long ago it was, such as 2h, or a time, such as 14:02, "
                                  "\"2026-11-24 14:02\" or 2026-11-24T13:02:00Z, not " +
                                  in_quotes(text)};
}

std::string local_time(const std::string& rfc3339) {
  const auto moment = parse_rfc3339(rfc3339);
  if (!moment) return rfc3339;
  const std::tm parts = local_parts(*moment);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), length};
}

}  // namespace portd::client
