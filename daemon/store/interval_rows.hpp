#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>

#include "daemon/core/record.hpp"

namespace portd::store {

// Who had which port from when until when, as rows. One thread at a time; all throw SQLite::Exception.
class IntervalRows {
 public:
  explicit IntervalRows(SQLite::Database& connection);

  // An interval begins; one that was closed unseen and is this one goes on instead.
  void open(const core::Came& came);
  void close(const core::Went& went);

  // All that is open ends at `seen`, and may be opened again until it is forgotten.
  void close_all(TimePoint seen);
  void forget_unseen();

  core::HistoryPage find(const core::HistoryQuery& query);

  // Drops up to `count` that ended, the oldest first: before a moment, or any. How many there were.
  int drop_before(TimePoint moment, int count);
  int drop_oldest(int count);

 private:
  // Whether an interval that ended unseen is the same listener or lease of the same owner; then it has not ended.
  bool goes_on(std::int64_t interval, const core::Came& came);

  SQLite::Database& connection_;
  SQLite::Statement look_up_, insert_, insert_open_, reopen_, see_again_, end_, erase_open_, end_all_, unsee_all_,
      forget_unseen_, drop_before_;
};

}  // namespace portd::store
