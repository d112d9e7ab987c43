// The history's database by itself: its size, its time, and readers whom nobody waits for.
#include "daemon/store/history_database.hpp"

#include <gmock/gmock.h>

#include "daemon/store/history_thread.hpp"
#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

constexpr TimePoint first_minute{Millis{1'790'000'040'000}};

class HistoryDatabaseTest : public ::testing::Test {
 protected:
  HistoryDatabaseTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "portd-history-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    open();
  }
  ~HistoryDatabaseTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    database_.reset();
    database_ = std::make_unique<store::HistoryDatabase>(file());
  }
  std::filesystem::path file() const { return folder_ / "history.db"; }
  void write(core::Record record) { database_->write({&record, 1}); }
  void drop() {
    while (database_->drop_some(limits_)) {
    }
  }
  core::HistoryPage everything() { return database_->find({.limit = 1000}, never_); }
  core::Statistics sum(TimePoint since, Millis window) { return database_->sum({since, window}, never_); }

  static TimePoint minute(int count) { return first_minute + count * 1min; }
  static core::MinuteSample sample_of(TimePoint begin, TimePoint at, int services = 1) {
    core::MinuteSample sample;
    sample.minute = begin;
    sample.at = at;
    sample.changes.grants = 1;
    for (int number = 0; number < services; ++number) {
      core::ServiceSample service{InstanceKey{"default", "s" + std::to_string(number), "main"}};
      service.checks = 6;
      service.watched = service.up = 60s;
      service.latencies.add(2ms);
      sample.services.push_back(service);
    }
    return sample;
  }
  void write_minute(int count) { write(sample_of(minute(count), minute(count + 1))); }
  static core::Came lease_at(TimePoint from) {
    core::HistoryEntry entry{Port(20001), Protocol::tcp, from};
    entry.key = Key{"default", "shop", "main", "http"};
    entry.reason = "granted";
    return {"lease " + std::to_string(from.time_since_epoch().count()), entry};
  }
  void write_ended(TimePoint from) {
    const core::Came came = lease_at(from);
    write(came);
    write(core::Went{came.identity, "released", from + 30s});
  }

  std::filesystem::path folder_;
  store::HistoryLimits limits_{};
  const store::GiveUp never_ = [] { return false; };
  std::unique_ptr<store::HistoryDatabase> database_;
};

// --- size

TEST_F(HistoryDatabaseTest, ManyServicesStayBelowTheBoundAndCostNoIntervals) {
  constexpr int services = 1000;
  constexpr int minutes = 130;
  limits_.max_bytes = 4'000'000;
  std::uint64_t largest = 0;
  for (int count = 0; count < minutes; ++count) {
    write_ended(minute(count));
    write(sample_of(minute(count), minute(count + 1), services));
    largest = std::max<std::uint64_t>(largest, std::filesystem::file_size(file()));
    drop();
  }
  EXPECT_LE(largest, limits_.max_bytes);
  EXPECT_GT(largest, limits_.max_bytes / 2);
  EXPECT_EQ(everything().entries.size(), static_cast<std::size_t>(minutes));
  const core::Statistics now = sum(minute(minutes - 10), 10min);
  ASSERT_EQ(now.services.size(), static_cast<std::size_t>(services));
  EXPECT_EQ(now.services[0].checks, 60U);
  EXPECT_EQ(sum(minute(0), 24h).changes.grants, static_cast<std::uint64_t>(minutes));
}

TEST_F(HistoryDatabaseTest, ServicesAreSummedUpFromHoursAndTheMinutesSince) {
  constexpr int minutes = 600;
  for (int count = 0; count < minutes; ++count) write_minute(count);
  drop();
  EXPECT_EQ(sum(minute(0), 24h).services.at(0).checks, 6U * minutes);
  EXPECT_EQ(sum(minute(0), 24h).services.at(0).latencies.count(), static_cast<std::uint64_t>(minutes));
  EXPECT_EQ(sum(minute(minutes - 60), 1h).services.at(0).checks, 6U * 60);
}

// --- time

TEST_F(HistoryDatabaseTest, AMomentAWeekAheadCostsNothingOfNow) {
  limits_.max_age = 24h;
  const TimePoint ahead = first_minute + 7 * 24h;
  for (int count = 0; count < 30; ++count) {
    write_ended(minute(count));
    write_minute(count);
  }
  write(sample_of(minute(30), ahead));
  drop();
  write(sample_of(ahead, minute(32)));  // and back
  drop();
  for (int count = 32; count < 200; ++count) {
    write_minute(count);
    drop();
  }
  EXPECT_EQ(everything().entries.size(), 30U);
  const core::Statistics day = sum(minute(0), 24h);
  EXPECT_EQ(day.changes.grants, 200U);
  EXPECT_EQ(day.services.at(0).checks, 6U * 200);
  EXPECT_EQ(sum(minute(0), 7 * 24h).changes.grants, 200U);
  EXPECT_EQ(sum(minute(190), 10min).services.at(0).checks, 60U);
}

TEST_F(HistoryDatabaseTest, RowsOfTheFutureHideNothingOfNow) {
  const TimePoint ahead = first_minute + 7 * 24h;
  for (int count = 0; count < 100; ++count) write(sample_of(ahead + count * 1min, ahead + (count + 1) * 1min));
  for (int count = 0; count < 200; ++count) write_minute(count);
  for (const Millis window : {Millis(4h), Millis(7 * 24h), Millis(60 * 24h)}) {
    const core::Statistics sums = sum(minute(0), window);
    EXPECT_EQ(sums.changes.grants, 200U) << to_text(window);
    EXPECT_EQ(sums.services.at(0).checks, 6U * 200) << to_text(window);
  }
}

TEST_F(HistoryDatabaseTest, NothingEndsInTheFutureAfterTheClockWasSetBack) {
  write(core::Census{{lease_at(first_minute)}, first_minute});
  write(sample_of(minute(0), first_minute + 7 * 24h));
  open();
  write(core::Census{{}, minute(2)});
  EXPECT_EQ(everything().entries.at(0).until, minute(2));
  write(core::Census{{lease_at(minute(3))}, minute(3)});
  write(sample_of(minute(3), minute(4)));
  write(core::Census{{}, minute(60)});
  EXPECT_EQ(everything().entries.at(0).until, minute(4));
}

// --- readers

TEST_F(HistoryDatabaseTest, ASumThatNobodyWaitsForIsGivenUpAndCanBeAskedForAgain) {
  for (int count = 0; count < 20; ++count) write(sample_of(minute(count), minute(count + 1), 1000));
  int looks = 0;
  const store::GiveUp soon = [&looks] { return ++looks > 1; };
  EXPECT_THROW(database_->sum({minute(0), 1h}, soon), store::ReadTooLong);
  EXPECT_EQ(looks, 2);
  EXPECT_EQ(sum(minute(0), 1h).services.size(), 1000U);
  const store::GiveUp at_once = [] { return true; };
  EXPECT_THROW(database_->sum({minute(0), 1h}, at_once), store::ReadTooLong);
  EXPECT_THROW(database_->find({}, at_once), store::ReadTooLong);
}

TEST_F(HistoryDatabaseTest, WhoeverAsksWhenItStopsIsNotAnsweredButAllIsWritten) {
  database_.reset();
  store::HistoryInbox inbox;
  core::Records records;
  records.emplace_back(lease_at(first_minute));
  ASSERT_TRUE(inbox.put(std::move(records)));
  inbox.ask(1, core::HistoryQuery{});
  inbox.stop();
  std::size_t answers = 0;
  {
    const store::HistoryThread thread(file(), limits_, inbox,
                                      [&](const store::HistoryReport& report) { answers += report.answers.size(); });
  }
  EXPECT_EQ(answers, 0U);
  open();
  EXPECT_EQ(everything().entries.size(), 1U);
}

}  // namespace
}  // namespace portd::test
