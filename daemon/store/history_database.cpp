#include "daemon/store/history_database.hpp"

#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <algorithm>
#include <string>

#include "daemon/store/connection.hpp"
#include "daemon/store/history_migrations.hpp"
#include "daemon/store/migrations.hpp"

namespace portd::store {
namespace {

constexpr int rows_a_step = 1'000;
constexpr int freed_pages_a_step = 256;  // 1 MB given back to the disk
constexpr std::chrono::seconds longest_read{3};
constexpr int instructions_between_looks = 100'000;  // at the clock, while reading
constexpr Millis found_again{std::chrono::minutes(1)};

// A file that can shrink by itself, in steps.
SQLite::Database open_migrated(const Path& file) {
  SQLite::Database connection = open_connection(file, Durability::off);
  migrate(connection, history_migrations());
  constexpr int incremental = 2;
  if (connection.execAndGet("PRAGMA auto_vacuum").getInt() != incremental) {
    connection.exec("PRAGMA auto_vacuum=INCREMENTAL");
    connection.exec("VACUUM");
    fold_wal(connection);
  }
  return connection;
}

// Ends the read that goes on for too long.
class ReadingTime {
 public:
  explicit ReadingTime(SQLite::Database& connection) : connection_(connection) {
    sqlite3_progress_handler(connection_.getHandle(), instructions_between_looks, &ReadingTime::is_over, this);
  }
  ~ReadingTime() { sqlite3_progress_handler(connection_.getHandle(), 0, nullptr, nullptr); }
  ReadingTime(const ReadingTime&) = delete;
  ReadingTime& operator=(const ReadingTime&) = delete;

 private:
  static int is_over(void* self) {
    return std::chrono::steady_clock::now() > static_cast<ReadingTime*>(self)->end_ ? 1 : 0;
  }

  SQLite::Database& connection_;
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + longest_read;
};

// What is written until the next look for room has to fit above this.
std::uint64_t room(const HistoryLimits& limits) { return limits.max_bytes - limits.max_bytes / 8; }

}  // namespace

HistoryDatabase::HistoryDatabase(const Path& file)
    : connection_(open_migrated(file)),
      seen_(connection_, "SELECT seen_at FROM life"),
      see_(connection_, "UPDATE life SET seen_at = ?"),
      intervals_(connection_),
      samples_(connection_) {
  if (seen_.executeStep()) last_seen_ = TimePoint{Millis{seen_.getColumn(0).getInt64()}};
  seen_.reset();
}

HistoryDatabase::~HistoryDatabase() = default;

void HistoryDatabase::write(std::span<const core::Record> records) {
  const TimePoint before = last_seen_;
  SQLite::Transaction transaction(connection_, SQLite::TransactionBehavior::IMMEDIATE);
  for (const core::Record& record : records) {
    std::visit([this](const auto& one) { put(one); }, record);
  }
  if (last_seen_ != before) {
    see_.reset();
    see_.bind(1, std::int64_t{last_seen_.time_since_epoch().count()});
    see_.exec();
  }
  transaction.commit();
  fold_wal(connection_);
}

void HistoryDatabase::saw(TimePoint at) { last_seen_ = std::max(last_seen_, at); }

void HistoryDatabase::put(const core::Came& came) {
  intervals_.open(came);
  saw(came.entry.from);
}

void HistoryDatabase::put(const core::Went& went) {
  intervals_.close(went);
  saw(went.at);
}

void HistoryDatabase::put(const core::Census& census) {
  intervals_.close_all(last_seen_);
  for (const core::Came& each : census.present) intervals_.open(each);
  census_at_ = census.at;
  saw(census.at);
}

void HistoryDatabase::put(const core::MinuteSample& sample) {
  if (census_at_ != TimePoint{} && sample.at - census_at_ > found_again) {
    intervals_.forget_unseen();
    census_at_ = {};
  }
  samples_.add(sample);
  saw(sample.at);
}

core::HistoryPage HistoryDatabase::find(const core::HistoryQuery& query) {
  const ReadingTime bounded(connection_);
  try {
    return intervals_.find(query);
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_INTERRUPT) throw ReadTooLong(error.what());
    throw;
  }
}

core::Statistics HistoryDatabase::sum(const core::StatisticsQuery& query) { return samples_.sum(query); }

std::uint64_t HistoryDatabase::pages(const char* pragma) {
  return static_cast<std::uint64_t>(connection_.execAndGet(pragma).getInt64());
}

bool HistoryDatabase::is_crowded(const HistoryLimits& limits) {
  return pages("PRAGMA page_count") * pages("PRAGMA page_size") > room(limits);
}

bool HistoryDatabase::drop_rows(const HistoryLimits& limits) {
  const bool old = intervals_.drop_before(last_seen_ - limits.max_age, rows_a_step) > 0;
  const bool old_samples = samples_.drop_some(last_seen_, limits.max_age);
  if (old || old_samples) return true;
  const std::uint64_t used = pages("PRAGMA page_count") - pages("PRAGMA freelist_count");
  return used * pages("PRAGMA page_size") > room(limits) && intervals_.drop_oldest(rows_a_step) > 0;
}

bool HistoryDatabase::drop_some(const HistoryLimits& limits) {
  SQLite::Transaction transaction(connection_, SQLite::TransactionBehavior::IMMEDIATE);
  bool dropped = drop_rows(limits);
  transaction.commit();
  if (is_crowded(limits) && pages("PRAGMA freelist_count") > 0) {
    SQLite::Statement vacuum(connection_, "PRAGMA incremental_vacuum(" + std::to_string(freed_pages_a_step) + ")");
    while (vacuum.executeStep()) {
    }
    dropped = true;
  }
  if (dropped) fold_wal(connection_);
  return dropped;
}

}  // namespace portd::store
