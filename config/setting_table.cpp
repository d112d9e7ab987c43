#include "config/setting_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>
#include <span>

#include "common/wording.hpp"

namespace portd::config {
namespace {

constexpr std::array<std::string_view, 6> log_levels{"trace", "debug", "info", "warn", "error", "off"};

Error expected(std::string message) { return Error{Problem::invalid_value, std::move(message)}; }

Result<std::string> one(const Stated& value) {
  if (value.is_list) return expected("must be one value, not a list");
  return value.text;
}

template <class Target, class Source>
Result<void> take(Target& target, Result<Source> source) {
  if (!source) return source.error();
  target = std::move(*source);
  return {};
}

template <class E>
Result<E> word(const Stated& value) {
  const auto text = one(value);
  if (!text) return text.error();
  if (const auto found = from_text<E>(*text)) return *found;
  std::array<std::string_view, Words<E>::table.size()> words;
  std::ranges::transform(Words<E>::table, words.begin(), [](const auto& pair) { return pair.second; });
  return expected("must be one of " + all_words<E>() + ", not " + in_quotes(*text) + did_you_mean(*text, words));
}

Result<Millis> duration(const Stated& value, Millis least, Millis most) {
  const auto text = one(value);
  if (!text) return text.error();
  const auto parsed = parse_duration(*text);
  if (!parsed) return expected("must be a duration such as \"30s\" or \"90d\", not " + in_quotes(*text));
  if (*parsed >= least && *parsed <= most) return *parsed;
  return expected("must be from " + to_text(least) + " to " + to_text(most) + ", not " + in_quotes(*text));
}

Result<bool> boolean(const Stated& value) {
  const auto text = one(value);
  if (text && *text == "true") return true;
  if (text && *text == "false") return false;
  return expected("must be true or false");
}

Result<std::uint16_t> port_or_zero(const Stated& value) {
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  if (!value.is_list && problem == std::errc() && end == value.text.data() + value.text.size()) return number;
  return expected("must be a port from 1 to 65535, or 0 to pick one");
}

Result<std::string> loopback(const Stated& value) {
  if (!value.is_list && value.text == "loopback") return value.text;
  return expected("must be \"loopback\": portd answers this machine only");
}

Result<std::string> log_level(const Stated& value) {
  auto text = one(value);
  if (!text || std::ranges::find(log_levels, *text) != log_levels.end()) return text;
  return expected("must be one of trace, debug, info, warn, error, off, not " + in_quotes(*text) +
                  did_you_mean(*text, log_levels));
}

bool is_host(std::string_view host) {
  const auto may_be_in_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, may_be_in_host);
}

Result<std::vector<std::string>> hosts(const Stated& value) {
  for (const std::string& host : value.list()) {
    if (!is_host(host)) {
      return expected("must be host names in lower case without a port, such as \"portd.test\", not " +
                      in_quotes(host));
    }
  }
  return value.list();
}

Result<std::vector<PortRange>> ranges(const Stated& value) {
  std::vector<PortRange> list;
  for (const std::string& item : value.list()) {
    const auto range = PortRange::parse(item);
    if (!range) return expected("must be ports or ranges such as 25565 or 24000-24099: " + range.error().detail);
    list.push_back(*range);
  }
  return list;
}

Result<void> set_range(Settings& settings, const Names& names, const Stated& value) {
  const std::string& name = names[0];
  if (name.find('.') != std::string::npos || !is_valid_name(name)) {
    return expected("the range's name must be of a-z, 0-9, '_' and '-', a letter or digit first");
  }
  const auto text = one(value);
  if (!text) return text.error();
  const auto range = PortRange::parse(*text);
  if (!range) return expected("must be a range such as 20000-29999: " + range.error().detail);
  settings.ports.ranges.insert_or_assign(name, *range);
  return {};
}

constexpr Millis day = std::chrono::hours(24);
constexpr auto ttl = [](const Stated& value) { return duration(value, Millis(100), 3650 * day); };
constexpr auto memory = [](const Stated& value) { return duration(value, Millis(0), 3650 * day); };
constexpr auto check_interval = [](const Stated& value) { return duration(value, Millis(50), day); };
constexpr auto check_timeout = [](const Stated& value) { return duration(value, Millis(10), Millis(60'000)); };
constexpr auto interval = [](const Stated& value) { return duration(value, Millis(50), Millis(60'000)); };

// Reads a value into one member of one section.
template <auto section, auto member, auto read>
Result<void> set(Settings& settings, const Names&, const Stated& value) {
  return take(settings.*section.*member, read(value));
}

Result<std::vector<std::string>> argv(const Stated& value) {
  auto list = value.list();
  if (list.empty() || list[0].empty()) return expected("must be a program and its arguments, such as [pg_isready, -q]");
  return list;
}

// The check that checks.commands.<service>.<check>.<field> is about.
Result<Check*> command_check(Settings& settings, const Names& names) {
  const auto key = Key::parse(names[0]);
  if (!key) return expected("must be under a service such as shop/db: " + key.error().detail);
  if (auto checked = checked_name("check", names[1]); !checked) return expected(checked.error().detail);
  Check& check = settings.checks.commands[instance_of(*key)][names[1]];
  check.id = names[1];
  check.type = CheckType::command;
  return &check;
}

// Reads a value into one member of a command check, or of its schedule.
template <auto member, auto read>
Result<void> set_command(Settings& settings, const Names& names, const Stated& value) {
  const auto check = command_check(settings, names);
  if (!check) return check.error();
  if constexpr (requires { (*check)->*member; }) {
    return take((*check)->*member, read(value));
  } else {
    return take((*check)->schedule.*member, read(value));
  }
}

constexpr std::array<SettingRow, 17> rows{{
    {"api.port", set<&Settings::api, &Settings::Api::port, port_or_zero>},
    {"api.allowed_hosts", set<&Settings::api, &Settings::Api::allowed_hosts, hosts>},
    {"api.listen", set<&Settings::api, &Settings::Api::listen, loopback>},
    {"ports.ranges.*", set_range},
    {"ports.exclude", set<&Settings::ports, &Settings::Ports::exclude, ranges>},
    {"ports.strategy", set<&Settings::ports, &Settings::Ports::strategy, word<Strategy>>},
    {"ports.on_conflict", set<&Settings::ports, &Settings::Ports::on_conflict, word<OnConflict>>},
    {"ports.hold", set<&Settings::ports, &Settings::Ports::hold, word<HoldMode>>},
    {"leases.ttl", set<&Settings::leases, &Settings::Leases::ttl, ttl>},
    {"leases.memory", set<&Settings::leases, &Settings::Leases::memory, memory>},
    {"checks.allowed_hosts", set<&Settings::checks, &Settings::Checks::allowed_hosts, hosts>},
    {"checks.commands.*.*.command", set_command<&Check::command, argv>},
    {"checks.commands.*.*.interval", set_command<&CheckSchedule::interval, check_interval>},
    {"checks.commands.*.*.timeout", set_command<&CheckSchedule::timeout, check_timeout>},
    {"watch.interval", set<&Settings::watch, &Settings::Watch::interval, interval>},
    {"history.enabled", set<&Settings::history, &Settings::History::enabled, boolean>},
    {"log.level", set<&Settings::log, &Settings::Log::level, log_level>},
}};

constexpr std::string_view any = "*";

std::vector<std::string_view> parts_of(std::string_view key) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(key, '.')) parts.emplace_back(part.begin(), part.end());
  return parts;
}

// Whether the key is the row's, or its beginning.
bool begins(const SettingRow& row, const std::vector<std::string_view>& key) {
  const auto parts = parts_of(row.key);
  return key.size() <= parts.size() && std::ranges::equal(key, std::span(parts).first(key.size()),
                                                          [](std::string_view stated, std::string_view part) {
                                                            return part == any ? !stated.empty() : part == stated;
                                                          });
}

}  // namespace

std::span<const SettingRow> setting_rows() { return rows; }

const SettingRow* find_setting(std::string_view key) {
  const auto parts = parts_of(key);
  const auto row = std::ranges::find_if(
      rows, [&](const SettingRow& each) { return begins(each, parts) && parts_of(each.key).size() == parts.size(); });
  return row == rows.end() ? nullptr : &*row;
}

Names names_in(const SettingRow& row, std::string_view key) {
  Names names;
  const auto stated = parts_of(key);
  const auto parts = parts_of(row.key);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == any) names.emplace_back(stated[i]);
  }
  return names;
}

bool is_section(std::string_view key) {
  const auto parts = parts_of(key);
  return std::ranges::any_of(
      rows, [&](const SettingRow& row) { return begins(row, parts) && parts_of(row.key).size() > parts.size(); });
}

std::string nearest_setting(std::string_view key) {
  std::array<std::string_view, rows.size()> keys;
  std::ranges::transform(rows, keys.begin(), &SettingRow::key);
  return did_you_mean(key, keys);
}

std::vector<std::string> Stated::list() const {
  if (is_list) return items;
  std::vector<std::string> list;
  for (const auto part : std::views::split(text, ',')) {
    std::string item(part.begin(), part.end());
    item.erase(0, std::min(item.find_first_not_of(' '), item.size()));
    item.erase(item.find_last_not_of(' ') + 1);
    if (!item.empty()) list.push_back(std::move(item));
  }
  return list;
}

}  // namespace portd::config
