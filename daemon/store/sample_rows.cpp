#include "daemon/store/sample_rows.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "daemon/store/row_io.hpp"

namespace portd::store {
namespace {

constexpr Millis minute = std::chrono::minutes(1);
constexpr Millis hour = std::chrono::hours(1);
constexpr Millis day = std::chrono::hours(24);
constexpr int rows_a_step = 1'000;
constexpr std::uint64_t bytes_a_service = 128;  // a row, about
constexpr TimePoint ever{Millis{std::numeric_limits<std::int64_t>::max()}};

// How long rows are kept; max_age bounds all.
struct Level {
  Millis length;
  Millis totals_kept;
  Millis services_kept;
};
constexpr Level minutes{minute, 2 * day, 3 * hour};
constexpr Level hours{hour, 30 * day, 7 * day};
constexpr Level days{day, Millis::max(), Millis::max()};

constexpr const char* totals = "samples";
constexpr const char* of_services = "service_samples";

// Ends a read, even one that was interrupted: it can be made again.
class Ending {
 public:
  explicit Ending(SQLite::Statement& statement) : statement_(statement) {}
  ~Ending() { statement_.tryReset(); }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

 private:
  SQLite::Statement& statement_;
};

TimePoint floor_to(Millis level, TimePoint at) { return at - at.time_since_epoch() % level; }

std::int64_t number_of(TimePoint at) { return at.time_since_epoch().count(); }

std::optional<TimePoint> moment_in(SQLite::Statement& select) {
  if (!select.executeStep() || select.isColumnNull(0)) return std::nullopt;
  return TimePoint{Millis{select.getColumn(0).getInt64()}};
}

void bind_span(SQLite::Statement& select, Millis level, TimePoint from, TimePoint until) {
  select.bind(1, std::int64_t{level.count()});
  select.bind(2, number_of(from));
  select.bind(3, number_of(until));
}

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
                     "latency_max_us, latencies FROM service_samples WHERE level = ? AND at >= ? AND at < ?"),
      service_rows_(connection_.execAndGet("SELECT count(*) FROM service_samples").getInt64()) {}

void SampleRows::add(const core::MinuteSample& sample, TimePoint settled) {
  if (const TimePoint begun = floor_to(hour, settled); begun != rolled_until_) {
    roll_up(minute, hour, begun);
    roll_up(hour, day, floor_to(day, settled));
    rolled_until_ = begun;
  }
  // A minute that began in the future was begun by a clock that has been set back.
  const TimePoint at = floor_to(minute, std::min(sample.minute, sample.at));
  // What was handed over of this minute before has its numbers in the rows.
  core::Statistics before;
  if (!sample.services.empty()) collect_services(minute, at, at + minute, before);
  std::vector<core::ServiceSample> services = sample.services;
  for (core::ServiceSample& each : services) {
    const auto same = std::ranges::find(before.services, each.key, &core::ServiceSample::key);
    if (same == before.services.end()) continue;
    each.add(*same);
    --service_rows_;  // it is replaced
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
    ++service_rows_;
  }
}

void SampleRows::collect_totals(Millis level, TimePoint from, TimePoint until, core::Statistics& into) {
  const Ending ending(read_);
  bind_span(read_, level, from, until);
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
}

void SampleRows::collect_services(Millis level, TimePoint from, TimePoint until, core::Statistics& into) {
  const Ending ending(read_services_);
  bind_span(read_services_, level, from, until);
  while (read_services_.executeStep()) merge(into.services, read_service(read_services_));
}

std::optional<TimePoint> SampleRows::first(const std::string& table, Millis level, TimePoint from) {
  SQLite::Statement select(connection_, "SELECT min(at) FROM " + table + " WHERE level = ? AND at >= ?");
  select.bind(1, std::int64_t{level.count()});
  select.bind(2, number_of(from));
  return moment_in(select);
}

std::optional<TimePoint> SampleRows::last(Millis level, TimePoint until) {
  SQLite::Statement select(connection_, "SELECT max(at) FROM samples WHERE level = ? AND at < ?");
  select.bind(1, std::int64_t{level.count()});
  select.bind(2, number_of(until));
  return moment_in(select);
}

// Sums up what is over before `until` and has not been summed up yet.
void SampleRows::roll_up(Millis from, Millis to, TimePoint until) {
  const auto done = last(to, until);
  TimePoint next = done ? *done + to : TimePoint{};
  while (const auto begun = first(totals, from, next)) {
    const TimePoint begin = floor_to(to, *begun);
    if (begin + to > until) return;
    core::Statistics sum;
    collect_totals(from, begin, begin + to, sum);
    collect_services(from, begin, begin + to, sum);
    put(to, begin, sum.changes, average(sum.occupancy), sum.services);
    next = begin + to;
  }
}

core::Statistics SampleRows::sum(const core::StatisticsQuery& query, TimePoint now) {
  const auto level_for = [&query](Millis most_minutes, Millis most_hours) {
    if (query.window > most_hours) return day;
    return query.window > most_minutes ? hour : minute;
  };
  core::Statistics sum;
  collect_down(&SampleRows::collect_totals, level_for(day, hours.totals_kept), query, now, sum);
  collect_down(&SampleRows::collect_services, level_for(2 * hour, hours.services_kept), query, now, sum);
  return sum;
}

// Coarse rows as far as there are any, then finer ones for what has not been summed up yet.
void SampleRows::collect_down(Collect collect, Millis level, const core::StatisticsQuery& query, TimePoint now,
                              core::Statistics& into) {
  TimePoint from = floor_to(level, query.since);
  for (const Millis coarse : {day, hour}) {
    if (coarse > level) continue;
    const auto newest = last(coarse, now - coarse + Millis(1));
    if (!newest || *newest < from) continue;
    (this->*collect)(coarse, from, *newest + coarse, into);
    from = *newest + coarse;
  }
  (this->*collect)(minute, from, now + Millis(1), into);
}

// The oldest, about as many rows as make a step. Whether there were any.
bool SampleRows::drop(const std::string& table, Millis level, TimePoint before) {
  const auto oldest = first(table, level);
  if (!oldest || *oldest >= before) return false;
  SQLite::Statement select(connection_, "SELECT at FROM " + table + " WHERE level = ? ORDER BY at LIMIT 1 OFFSET ?");
  select.bind(1, std::int64_t{level.count()});
  select.bind(2, rows_a_step);
  const TimePoint enough = std::max(moment_in(select).value_or(ever), *oldest + Millis(1));
  SQLite::Statement erase(connection_, "DELETE FROM " + table + " WHERE level = ? AND at < ?");
  erase.bind(1, std::int64_t{level.count()});
  erase.bind(2, number_of(std::min(before, enough)));
  const int dropped = erase.exec();
  if (table == of_services) service_rows_ -= dropped;
  return true;
}

bool SampleRows::drop_some(TimePoint now, Millis max_age) {
  bool dropped = false;
  for (const Level& level : {minutes, hours, days}) {
    dropped |= drop(totals, level.length, now - std::min(level.totals_kept, max_age));
    dropped |= drop(of_services, level.length, now - std::min(level.services_kept, max_age));
  }
  return dropped;
}

std::uint64_t SampleRows::bytes_of_services() const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(service_rows_, 0)) * bytes_a_service;
}

bool SampleRows::drop_oldest_services() {
  TimePoint oldest = ever;
  Millis of{};
  for (const Level& level : {minutes, hours, days}) {
    const auto at = first(of_services, level.length);
    if (!at || *at >= oldest) continue;
    oldest = *at;
    of = level.length;
  }
  return oldest != ever && drop(of_services, of, ever);
}

}  // namespace portd::store
