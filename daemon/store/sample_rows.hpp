#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/record.hpp"

namespace portd::store {

// Counts over time, as rows: of minutes for two days, of hours for 30 days, of days for as long as the history goes
// back; of each service, of whom there may be many, of minutes for three hours and of hours for seven days. One thread
// at a time; all throw SQLite::Exception.
class SampleRows {
 public:
  explicit SampleRows(SQLite::Database& connection);

  // Adds to the minute; hours and days that are over are summed up. `settled`: a moment that has surely come.
  void add(const core::MinuteSample& sample, TimePoint settled);

  // Up to `now`.
  core::Statistics sum(const core::StatisticsQuery& query, TimePoint now);

  // Drops a few rows that are past their time. Whether there were any.
  bool drop_some(TimePoint now, Millis max_age);

  // About how much of the file the services take, and less of it: the oldest go. False when there are none.
  std::uint64_t bytes_of_services() const;
  bool drop_oldest_services();

 private:
  using Collect = void (SampleRows::*)(Millis, TimePoint, TimePoint, core::Statistics&);

  // [from, until) of one level, added to `into`.
  void collect_totals(Millis level, TimePoint from, TimePoint until, core::Statistics& into);
  void collect_services(Millis level, TimePoint from, TimePoint until, core::Statistics& into);
  void collect_down(Collect collect, Millis level, const core::StatisticsQuery& query, TimePoint now,
                    core::Statistics& into);
  void put(Millis level, TimePoint at, const core::ChangeCounts& changes, const core::PortCounts& ports,
           const std::vector<core::ServiceSample>& services);
  void roll_up(Millis from, Millis to, TimePoint until);
  std::optional<TimePoint> first(const std::string& table, Millis level, TimePoint from = {});
  std::optional<TimePoint> last(Millis level, TimePoint until);  // of the totals
  bool drop(const std::string& table, Millis level, TimePoint before);

  SQLite::Database& connection_;
  SQLite::Statement put_, put_service_, read_, read_services_;
  TimePoint rolled_until_{};  // of hours
  std::int64_t service_rows_ = 0;
};

}  // namespace portd::store
