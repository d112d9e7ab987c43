#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <optional>

#include "daemon/core/record.hpp"

namespace portd::store {

// Counts over time, as rows: of minutes for two days, of hours for 30 days, of days for as long as the history goes
// back. One thread at a time; all throw SQLite::Exception.
class SampleRows {
 public:
  explicit SampleRows(SQLite::Database& connection);

  // Adds to the minute; the hours and days before it are summed up once they are over.
  void add(const core::MinuteSample& sample);

  core::Statistics sum(const core::StatisticsQuery& query);

  // Drops a few rows that are past their time. Whether there were any.
  bool drop_some(TimePoint now, Millis max_age);

 private:
  // [from, until) of one level, added to `into`.
  void collect(Millis level, TimePoint from, TimePoint until, core::Statistics& into);
  void put(Millis level, TimePoint at, const core::ChangeCounts& changes, const core::PortCounts& ports,
           const std::vector<core::ServiceSample>& services);
  void roll_up(Millis from, Millis to, TimePoint until);
  std::optional<TimePoint> bound(const char* function, Millis level, TimePoint from);
  std::optional<TimePoint> nth_oldest(Millis level, int n);

  SQLite::Database& connection_;
  SQLite::Statement put_, put_service_, read_, read_services_;
  TimePoint rolled_until_{};  // of hours
};

}  // namespace portd::store
