#include "common/time.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace portd {
namespace {

struct TimeUnit {
  std::string_view name;
  std::int64_t millis;
};

// Largest first: to_text takes the first that divides.
constexpr std::array<TimeUnit, 5> time_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t longest_duration = 3650 * time_units[0].millis;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at [from, from + count), or nothing.
std::optional<int> number_at(std::string_view text, std::size_t from, std::size_t count) {
  if (from + count > text.size()) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(from, count)) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// ".5" is 500 ms; what is finer than a millisecond is cut off.
std::optional<int> fraction_millis(std::string_view fraction) {
  if (fraction.empty()) return 0;
  if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 10) return std::nullopt;
  std::string digits(fraction.substr(1));
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
  }
  digits.resize(3, '0');
  return number_at(digits, 0, 3);
}

// "Z", "+02:00", "-09:30": what local time is ahead of UTC. Takes it off the text.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (!text.empty() && text.back() == 'Z') {
    text.remove_suffix(1);
    return std::chrono::minutes(0);
  }
  constexpr std::size_t length = 6;
  if (text.size() < length) return std::nullopt;
  const std::string_view offset = text.substr(text.size() - length);
  const auto hours = number_at(offset, 1, 2), minutes = number_at(offset, 4, 2);
  if ((offset[0] != '+' && offset[0] != '-') || offset[3] != ':' || !hours || !minutes) return std::nullopt;
  if (*hours > 23 || *minutes > 59) return std::nullopt;
  text.remove_suffix(length);
  const std::chrono::minutes ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return offset[0] == '-' ? -ahead : ahead;
}

std::optional<TimePoint> rfc3339(std::string_view text) {
  const auto ahead = take_offset(text);
  if (!ahead || text.size() < 19) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const auto year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2), minute = number_at(text, 14, 2), second = number_at(text, 17, 2);
  const auto millis = fraction_millis(text.substr(19));
  if (!year || !month || !day || !hour || !minute || !second || !millis) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + Millis(*millis) - *ahead;
}

}  // namespace

std::string to_rfc3339(TimePoint time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss<Millis> clock(time - midnight);
  std::array<char, 64> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

Result<TimePoint> parse_rfc3339(std::string_view text) {
  if (const auto time = rfc3339(text)) return *time;
  return Error{Problem::invalid_value, "a time is RFC 3339, such as \"2026-11-24T03:04:05Z\""};
}

std::string to_text(Millis duration) {
  if (duration == Millis::zero()) return "0s";
  for (const TimeUnit& unit : time_units) {
    if (duration.count() % unit.millis == 0)
      return std::to_string(duration.count() / unit.millis) + std::string(unit.name);
  }
  return std::to_string(duration.count()) + "ms";
}

Result<Millis> parse_duration(std::string_view text) {
  Error wrong{Problem::invalid_value,
              "a duration is a whole number and a unit of ms, s, m, h or d, such as \"30s\"; at most 3650d"};
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || number < 0) return wrong;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const TimeUnit& unit : time_units) {
    if (unit.name != name) continue;
    if (number > longest_duration / unit.millis) return wrong;
    return Millis(number * unit.millis);
  }
  return wrong;
}

}  // namespace portd
