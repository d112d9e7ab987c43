#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <functional>
#include <span>
#include <stdexcept>

#include "daemon/core/record.hpp"
#include "daemon/store/files.hpp"
#include "daemon/store/history_limits.hpp"
#include "daemon/store/interval_rows.hpp"
#include "daemon/store/sample_rows.hpp"
#include "daemon/store/settled_time.hpp"

namespace portd::store {

// A reader asked for more than the history may be kept busy with.
class ReadTooLong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Whether nobody waits for an answer any more. Asked before a read and often while it goes on.
using GiveUp = std::function<bool()>;

// The history's database: one connection with its prepared statements, never synced. It reads no clock: `now` is the
// moment that the last record told of. One thread at a time. All throw SQLite::Exception.
class HistoryDatabase {
 public:
  // Opens or creates, migrates. Throws std::system_error and StoreError, too.
  explicit HistoryDatabase(const Path& file);
  ~HistoryDatabase();
  HistoryDatabase(const HistoryDatabase&) = delete;
  HistoryDatabase& operator=(const HistoryDatabase&) = delete;

  // All or none.
  void write(std::span<const core::Record> records);

  // Both throw ReadTooLong.
  core::HistoryPage find(const core::HistoryQuery& query, const GiveUp& give_up);
  core::Statistics sum(const core::StatisticsQuery& query, const GiveUp& give_up);

  // Drops a little of what is too old or too much, the oldest first, and gives freed pages back to the disk. False when
  // nothing is left to do.
  bool drop_some(const HistoryLimits& limits);
  // Whether the file is near its bound.
  bool is_crowded(const HistoryLimits& limits);

 private:
  void put(const core::Came& came);
  void put(const core::Went& went);
  void put(const core::Census& census);
  void put(const core::MinuteSample& sample);
  void saw(TimePoint at);
  static TimePoint last_seen(SQLite::Statement& seen);
  bool drop_rows(const HistoryLimits& limits);
  std::uint64_t pages(const char* pragma);

  SQLite::Database connection_;
  SQLite::Statement seen_, see_;
  IntervalRows intervals_;
  SampleRows samples_;
  TimePoint last_seen_{};  // goes back when the clock does
  SettledTime settled_;
  TimePoint census_at_{};  // since the start, or since records were lost
};

}  // namespace portd::store
