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
constexpr int freed_pages_a_step = 256;              // 1 MB given back to the disk
constexpr int instructions_between_looks = 100'000;  // whether to give up, while reading
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

// Interrupts what is read through a connection as soon as it is given up.
class Interruption {
 public:
  Interruption(SQLite::Database& connection, const GiveUp& give_up) : connection_(connection), give_up_(give_up) {
    sqlite3_progress_handler(connection_.getHandle(), instructions_between_looks, &Interruption::is_due, this);
  }
  ~Interruption() { sqlite3_progress_handler(connection_.getHandle(), 0, nullptr, nullptr); }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  static int is_due(void* self) { return static_cast<Interruption*>(self)->give_up_() ? 1 : 0; }

  SQLite::Database& connection_;
  const GiveUp& give_up_;
};

template <class Read>
auto interruptible(SQLite::Database& connection, const GiveUp& give_up, const Read& read) {
  if (give_up()) throw ReadTooLong("nobody waits for it any more");
  const Interruption interruption(connection, give_up);
  try {
    return read();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_INTERRUPT) throw ReadTooLong(error.what());
    throw;
  }
}

// What is written until the next look for room has to fit above this.
std::uint64_t room(const HistoryLimits& limits) { return limits.max_bytes - limits.max_bytes / 8; }

}  // namespace

HistoryDatabase::HistoryDatabase(const Path& file)
    : connection_(open_migrated(file)),
      seen_(connection_, "SELECT seen_at FROM life"),
      see_(connection_, "UPDATE life SET seen_at = ?"),
      intervals_(connection_),
      samples_(connection_),
      last_seen_(last_seen(seen_)),
      settled_(last_seen_) {}

HistoryDatabase::~HistoryDatabase() = default;

TimePoint HistoryDatabase::last_seen(SQLite::Statement& seen) {
  const TimePoint at = seen.executeStep() ? TimePoint{Millis{seen.getColumn(0).getInt64()}} : TimePoint{};
  seen.reset();
  return at;
}

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

void HistoryDatabase::saw(TimePoint at) { last_seen_ = at; }

void HistoryDatabase::put(const core::Came& came) {
  intervals_.open(came);
  saw(came.entry.from);
}

void HistoryDatabase::put(const core::Went& went) {
  intervals_.close(went);
  saw(went.at);
}

void HistoryDatabase::put(const core::Census& census) {
  intervals_.close_all(std::min(last_seen_, census.at));
  for (const core::Came& each : census.present) intervals_.open(each);
  census_at_ = census.at;
  saw(census.at);
}

void HistoryDatabase::put(const core::MinuteSample& sample) {
  saw(sample.at);
  settled_.saw(sample.at);
  const bool is_census_past = sample.at < census_at_ || sample.at - census_at_ > found_again;
  if (census_at_ != TimePoint{} && is_census_past) {
    intervals_.forget_unseen();
    census_at_ = {};
  }
  samples_.add(sample, settled_.now());
}

core::HistoryPage HistoryDatabase::find(const core::HistoryQuery& query, const GiveUp& give_up) {
  return interruptible(connection_, give_up, [&] { return intervals_.find(query); });
}

core::Statistics HistoryDatabase::sum(const core::StatisticsQuery& query, const GiveUp& give_up) {
  return interruptible(connection_, give_up, [&] { return samples_.sum(query, last_seen_); });
}

std::uint64_t HistoryDatabase::pages(const char* pragma) {
  return static_cast<std::uint64_t>(connection_.execAndGet(pragma).getInt64());
}

bool HistoryDatabase::is_crowded(const HistoryLimits& limits) {
  return pages("PRAGMA page_count") * pages("PRAGMA page_size") > room(limits);
}

bool HistoryDatabase::drop_rows(const HistoryLimits& limits) {
  const TimePoint now = settled_.now();
  const bool old = intervals_.drop_before(now - limits.max_age, rows_a_step) > 0;
  const bool old_samples = samples_.drop_some(now, limits.max_age);
  if (old || old_samples) return true;
  const std::uint64_t used_pages = pages("PRAGMA page_count") - pages("PRAGMA freelist_count");
  const std::uint64_t used = used_pages * pages("PRAGMA page_size");
  if (used <= room(limits)) return false;
  if (samples_.bytes_of_services() > used / 2) return samples_.drop_oldest_services();
  return intervals_.drop_oldest(rows_a_step) > 0 || samples_.drop_oldest_services();
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
