#include "daemon/store/backups.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <fstream>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

int leases_in(const std::filesystem::path& backup) {
  SQLite::Database database(backup, SQLite::OPEN_READWRITE);
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
  return database.execAndGet("SELECT count(*) FROM leases").getInt();
}

TEST_F(StoreTest, AStopWritesABackupOfEverything) {
  open();
  grant_durably(20001, "shop");
  stop();
  ASSERT_THAT(backups(), SizeIs(1));
  EXPECT_EQ(leases_in(backups()[0]), 1);
}

TEST_F(StoreTest, NothingChangedMeansNoNewBackup) {
  open();
  grant_durably(20001, "shop");
  stop();
  open();
  stop();
  EXPECT_THAT(backups(), SizeIs(1));
}

void make_older(const std::filesystem::path& file, std::chrono::hours by) {
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - by);
}

TEST_F(StoreTest, ABackupOfMoreThanADayAgoIsFollowedByOneAtOnceThoughNothingChanged) {
  open();
  grant_durably(20001, "shop");
  stop();
  make_older(backups().at(0), std::chrono::hours(25));
  open();
  queue_.run_until([this] { return store_->status().last_backup.has_value(); });
  EXPECT_THAT(backups(), SizeIs(2));
}

TEST_F(StoreTest, AStopFollowsABackupThatHasBecomeADayOld) {
  open();
  grant_durably(20001, "shop");
  stop();
  open();
  make_older(backups().at(0), std::chrono::hours(25));
  stop();
  EXPECT_THAT(backups(), SizeIs(2));
}

TEST_F(StoreTest, ChangesBeforeACrashAreBackedUpByTheNextRun) {
  open();
  grant_durably(20001, "shop");
  stop();
  open();
  grant_durably(20002, "later");
  paths_ = snapshot("crashed");
  open();
  stop();
  ASSERT_THAT(backups(), SizeIs(2));
  EXPECT_EQ(leases_in(backups()[0]), 2);
}

TEST_F(StoreTest, TheNewestFiveBackupsAreKept) {
  for (std::uint16_t run = 1; run <= 7; ++run) {
    open();
    grant_durably(static_cast<std::uint16_t>(20000 + run), "s" + std::to_string(run));
    stop();
  }
  ASSERT_THAT(backups(), SizeIs(5));
  EXPECT_EQ(leases_in(backups().front()), 7);
  EXPECT_EQ(leases_in(backups().back()), 3);
}

TEST_F(StoreTest, BackupsAreWrittenWhileItRuns) {
  backup_interval_ = Millis{1};
  open();
  grant_durably(20001, "shop");
  queue_.run_until([&] { return !backups().empty() && leases_in(backups()[0]) == 1; });
  EXPECT_TRUE(store_->status().last_backup);
}

TEST_F(StoreTest, CommitsGoOnDuringABackup) {
  backup_interval_ = Millis{1};
  open();
  for (int round = 0; round < 50; ++round) {
    core::Changes changes;
    for (std::uint16_t i = 0; i < 300; ++i) {
      changes.push_back(granted(lease(static_cast<std::uint16_t>(20000 + 300 * (round % 10) + i), "s")));
    }
    store_->append(std::move(changes));
    ASSERT_FALSE(settle());
  }
  stop();
  EXPECT_EQ(leases_in(backups()[0]), 3000);
}

TEST_F(StoreTest, ABackupThatCannotBeWrittenIsToldAndHarmsNothing) {
  open();
  stop();
  std::filesystem::remove_all(paths_.backups());
  std::ofstream(paths_.backups()) << "not a folder";
  backup_interval_ = Millis{1};
  open();
  grant_durably(20001, "shop");
  queue_.run_until([&] { return !store_->status().detail.empty(); });
  EXPECT_THAT(store_->status().detail, ::testing::HasSubstr("no backup could be written"));
  grant_durably(20002, "later");
}

TEST_F(StoreTest, WhatAnInterruptedBackupLeftBehindIsRemoved) {
  open();
  std::filesystem::create_directories(paths_.backups());
  const auto left = paths_.backups() / "portd-20200101T000000.000Z.db.tmp";
  std::ofstream(left) << "half";
  grant_durably(20001, "shop");
  stop();
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_THAT(backups(), SizeIs(1));
}

}  // namespace
}  // namespace portd::test
