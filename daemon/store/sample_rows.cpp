#include "daemon/store/sample_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>

#include "daemon/store/row_io.hpp"

namespace portd::store {
namespace {

constexpr Millis minute = std::chrono::minutes(1);
constexpr Millis hour = std::chrono::hours(1);
constexpr Millis day = std::chrono::hours(24);
constexpr Millis minutes_kept = 2 * day;
constexpr Millis hours_kept = 30 * day;
constexpr int moments_a_step = 100;  // of one level
constexpr TimePoint ever{Millis{std::numeric_limits<std::int64_t>::max()}};

TimePoint floor_to(Millis level, TimePoint at) { return at - at.time_since_epoch() % level; }

std::int64_t number_of(TimePoint at) { return at.time_since_epoch().count(); }

core::ServiceSample read_service(SQLite::Statement& row) {
  Reader read(row);
  core::ServiceSample sample{InstanceKey{read.text(), read.text(), read.text()}};
  sample.checks = read.natural();
  sample.failures = read.natural();
  sample.watched = Millis(read.number());
  sample.up = Millis(read.number());
  const std::chrono::microseconds sum{read.number()};
  const std::chrono::microseconds max{read.number()};
  sample.latencies = core::Latencies::from(read.text(), sum, max);
  return sample;
}

// Both are by key.
void merge(std::vector<core::ServiceSample>& into, core::ServiceSample sample) {
  const auto at = std::ranges::lower_bound(into, sample.key, {}, &core::ServiceSample::key);
  if (at != into.end() && at->key == sample.key) return at->add(sample);
  into.insert(at, std::move(sample));
}

// To the nearest whole port.
core::PortCounts average(const std::vector<core::OccupancyPoint>& points) {
  core::PortCounts sum;
  for (const core::OccupancyPoint& point : points) {
    sum.leased += point.ports.leased;
    sum.listening += point.ports.listening;
    sum.foreign += point.ports.foreign;
  }
  const std::uint64_t count = std::max<std::uint64_t>(points.size(), 1);
  const auto share = [count](std::uint64_t value) { return (value + count / 2) / count; };
  return {share(sum.leased), share(sum.listening), share(sum.foreign)};
}

}  // namespace

SampleRows::SampleRows(SQLite::Database& connection)
    : connection_(connection),
      put_(connection,
           "INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
           "grants = grants + excluded.grants, releases = releases + excluded.releases, "
           "expired = expired + excluded.expired, moves = moves + excluded.moves, "
           "conflicts = conflicts + excluded.conflicts, leased = excluded.leased, "
           "listening = excluded.listening, foreign_ports = excluded.foreign_ports"),
      put_service_(connection, "INSERT OR REPLACE INTO service_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      read_(connection,
            "SELECT at, grants, releases, expired, moves, conflicts, leased, listening, foreign_ports FROM samples "
            "WHERE level = ? AND at >= ? AND at < ? ORDER BY at"),
      read_services_(connection,
                     "SELECT project, service, instance, checks, failures, watched_ms, up_ms, latency_sum_us, "
                     "latency_max_us, latencies FROM service_samples WHERE level = ? AND at >= ? AND at < ?") {}

void SampleRows::add(const core::MinuteSample& sample) {
  const TimePoint at = floor_to(minute, sample.minute);
  if (const TimePoint begun = floor_to(hour, at); begun != rolled_until_) {
    roll_up(minute, hour, begun);
    roll_up(hour, day, floor_to(day, at));
    rolled_until_ = begun;
  }
  // What was handed over of this minute before has its numbers in the rows.
  core::Statistics before;
  if (!sample.services.empty()) collect(minute, at, at + minute, before);
  std::vector<core::ServiceSample> services = sample.services;
  for (core::ServiceSample& each : services) {
    const auto same = std::ranges::find(before.services, each.key, &core::ServiceSample::key);
    if (same != before.services.end()) each.add(*same);
  }
  put(minute, at, sample.changes, sample.ports, services);
}

void SampleRows::put(Millis level, TimePoint at, const core::ChangeCounts& changes, const core::PortCounts& ports,
                     const std::vector<core::ServiceSample>& services) {
  put_.reset();
  Binder bind(put_);
  bind(std::int64_t{level.count()});
  bind(at);
  for (const std::uint64_t count : {changes.grants, changes.releases, changes.expired, changes.moves, changes.conflicts,
                                    ports.leased, ports.listening, ports.foreign}) {
    bind(count);
  }
  put_.exec();
  for (const core::ServiceSample& each : services) {
    const std::string latencies = each.latencies.text();
    put_service_.reset();
    Binder of_service(put_service_);
    of_service(std::int64_t{level.count()});
    of_service(at);
    of_service(each.key.project);
    of_service(each.key.service);
    of_service(each.key.instance);
    of_service(each.checks);
    of_service(each.failures);
    of_service(std::int64_t{each.watched.count()});
    of_service(std::int64_t{each.up.count()});
    of_service(std::int64_t{each.latencies.sum().count()});
    of_service(std::int64_t{each.latencies.max().count()});
    of_service(latencies);
    put_service_.exec();
  }
}

void SampleRows::collect(Millis level, TimePoint from, TimePoint until, core::Statistics& into) {
  for (SQLite::Statement* statement : {&read_, &read_services_}) {
    statement->reset();
    statement->bind(1, std::int64_t{level.count()});
    statement->bind(2, number_of(from));
    statement->bind(3, number_of(until));
  }
  while (read_.executeStep()) {
    Reader read(read_);
    core::OccupancyPoint point{read.time()};
    core::ChangeCounts changes;
    for (auto* count : {&changes.grants, &changes.releases, &changes.expired, &changes.moves, &changes.conflicts,
                        &point.ports.leased, &point.ports.listening, &point.ports.foreign}) {
      *count = read.natural();
    }
    into.changes += changes;
    into.occupancy.push_back(point);
  }
  read_.reset();
  while (read_services_.executeStep()) merge(into.services, read_service(read_services_));
  read_services_.reset();
}

std::optional<TimePoint> SampleRows::bound(const char* function, Millis level, TimePoint from) {
  SQLite::Statement select(connection_,
                           std::string("SELECT ") + function + "(at) FROM samples WHERE level = ? AND at >= ?");
  select.bind(1, std::int64_t{level.count()});
  select.bind(2, number_of(from));
  if (!select.executeStep() || select.isColumnNull(0)) return std::nullopt;
  return TimePoint{Millis{select.getColumn(0).getInt64()}};
}

std::optional<TimePoint> SampleRows::nth_oldest(Millis level, int n) {
  SQLite::Statement select(connection_, "SELECT at FROM samples WHERE level = ? ORDER BY at LIMIT 1 OFFSET ?");
  select.bind(1, std::int64_t{level.count()});
  select.bind(2, n);
  if (!select.executeStep()) return std::nullopt;
  return TimePoint{Millis{select.getColumn(0).getInt64()}};
}

// Sums up what is over before `until` and has not been summed up yet.
void SampleRows::roll_up(Millis from, Millis to, TimePoint until) {
  const auto last = bound("max", to, TimePoint{});
  TimePoint next = last ? *last + to : TimePoint{};
  while (const auto first = bound("min", from, next)) {
    const TimePoint begin = floor_to(to, *first);
    if (begin + to > until) return;
    core::Statistics sum;
    collect(from, begin, begin + to, sum);
    put(to, begin, sum.changes, average(sum.occupancy), sum.services);
    next = begin + to;
  }
}

// Coarse rows as far as there are any, then finer ones for what is not over yet.
core::Statistics SampleRows::sum(const core::StatisticsQuery& query) {
  core::Statistics sum;
  const TimePoint newest = bound("max", minute, TimePoint{}).value_or(query.since);
  const TimePoint this_hour = std::max(floor_to(hour, newest), floor_to(hour, query.since));
  const TimePoint today = std::max(floor_to(day, newest), floor_to(day, query.since));
  if (query.window > hours_kept) {
    collect(day, floor_to(day, query.since), today, sum);
    collect(hour, today, this_hour, sum);
    collect(minute, this_hour, ever, sum);
  } else if (query.window > day) {
    collect(hour, floor_to(hour, query.since), this_hour, sum);
    collect(minute, this_hour, ever, sum);
  } else {
    collect(minute, floor_to(minute, query.since), ever, sum);
  }
  return sum;
}

bool SampleRows::drop_some(TimePoint now, Millis max_age) {
  bool dropped = false;
  const std::array<std::pair<Millis, Millis>, 3> levels{
      {{minute, std::min(minutes_kept, max_age)}, {hour, std::min(hours_kept, max_age)}, {day, max_age}}};
  for (const auto& [level, kept] : levels) {
    const auto oldest = bound("min", level, TimePoint{});
    if (!oldest || *oldest >= now - kept) continue;
    const TimePoint before = std::min(now - kept, nth_oldest(level, moments_a_step).value_or(ever));
    for (const char* table : {"samples", "service_samples"}) {
      SQLite::Statement erase(connection_, std::string("DELETE FROM ") + table + " WHERE level = ? AND at < ?");
      erase.bind(1, std::int64_t{level.count()});
      erase.bind(2, number_of(before));
      erase.exec();
    }
    dropped = true;
  }
  return dropped;
}

}  // namespace portd::store
