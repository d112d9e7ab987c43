#include "daemon/store/recovery.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <fstream>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecoveryTest : public StoreTest {
 protected:
  void scramble(const std::filesystem::path& file, std::streamoff offset, std::size_t size = 4096) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(offset);
    stream << std::string(size, '\xa5');
  }
  std::vector<std::string> set_aside() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(paths_.state)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("portd.db.corrupt-") && !name.ends_with("-wal")) names.push_back(name);
    }
    return names;
  }
  // A database with many pages and a backup of it.
  Revision fill_and_stop() {
    open();
    core::Changes changes;
    for (std::uint16_t port = 20000; port < 20500; ++port) changes.push_back(granted(lease(port, "backed-up")));
    const Revision last = core::revision_of(changes.back());
    store_->append(std::move(changes));
    EXPECT_FALSE(settle());
    stop();
    store_.reset();
    return last;
  }
};

TEST_F(RecoveryTest, AScrambledPageIsHealedFromTheBackupWithANewEpoch) {
  const Revision before = fill_and_stop();
  scramble(paths_.database(), 3 * 4096);

  const store::Status status = open().status();
  EXPECT_EQ(status.condition, store::Condition::restored);
  EXPECT_THAT(contents_.leases, SizeIs(500));
  EXPECT_NE(store_->next_revision().epoch, before.epoch);
  ASSERT_THAT(set_aside(), SizeIs(1));
  EXPECT_THAT(status.detail, AllOf(HasSubstr(set_aside()[0]), HasSubstr(backups()[0].filename().string())));
}

TEST_F(RecoveryTest, ARestoredDatabaseIsAnOrdinaryOneAfterwards) {
  fill_and_stop();
  scramble(paths_.database(), 3 * 4096);
  const std::uint32_t epoch = open().next_revision().epoch;
  grant_durably(21000, "later");
  stop();
  EXPECT_EQ(open().status().condition, store::Condition::good);
  EXPECT_EQ(store_->next_revision().epoch, epoch);
  EXPECT_THAT(contents_.leases, SizeIs(501));
}

TEST_F(RecoveryTest, WhatIsNotADatabaseIsHealedToo) {
  fill_and_stop();
  scramble(paths_.database(), 0);
  EXPECT_EQ(open().status().condition, store::Condition::restored);
  EXPECT_THAT(contents_.leases, SizeIs(500));
}

TEST_F(RecoveryTest, AnEmptiedFileIsHealedToo) {
  fill_and_stop();
  std::filesystem::resize_file(paths_.database(), 0);
  EXPECT_EQ(open().status().condition, store::Condition::restored);
  EXPECT_THAT(contents_.leases, SizeIs(500));
}

TEST_F(RecoveryTest, ARowThatWeNeverWriteIsDamage) {
  fill_and_stop();
  {
    SQLite::Database other(paths_.database(), SQLite::OPEN_READWRITE);
    other.exec("UPDATE leases SET kind = 'eternal' WHERE port = 20003");
  }
  EXPECT_EQ(open().status().condition, store::Condition::restored);
  EXPECT_THAT(store_->status().detail, HasSubstr("eternal"));
}

TEST_F(RecoveryTest, ABadBackupIsPassedOver) {
  fill_and_stop();
  open();
  grant_durably(21000, "in the second backup only");
  stop();
  store_.reset();
  ASSERT_THAT(backups(), SizeIs(2));
  scramble(backups()[0], 3 * 4096);
  scramble(paths_.database(), 3 * 4096);
  EXPECT_EQ(open().status().condition, store::Condition::restored);
  EXPECT_THAT(contents_.leases, SizeIs(500));
}

TEST_F(RecoveryTest, WithoutABackupItStartsEmptyAndSaysSo) {
  const Revision before = fill_and_stop();
  std::filesystem::remove_all(paths_.backups());
  scramble(paths_.database(), 3 * 4096);
  EXPECT_EQ(open().status().condition, store::Condition::lost);
  EXPECT_THAT(contents_.leases, IsEmpty());
  EXPECT_NE(store_->next_revision().epoch, before.epoch);
  EXPECT_THAT(set_aside(), SizeIs(1));
  grant_durably(20001, "again");
}

TEST_F(RecoveryTest, ARestorationCutOffBetweenItsStepsGoesOn) {
  fill_and_stop();
  // As after the damaged file was set aside and before the renaming.
  std::filesystem::rename(paths_.database(), paths_.database().string() + ".restored");
  EXPECT_EQ(open().status().condition, store::Condition::restored);
  EXPECT_THAT(contents_.leases, SizeIs(500));
  EXPECT_FALSE(std::filesystem::exists(paths_.database().string() + ".restored"));
}

TEST_F(RecoveryTest, AnUncommittedTailOfTheWalIsDropped) {
  open();
  grant_durably(20001, "shop");
  const Paths crashed = snapshot("crashed");
  std::ofstream(crashed.database().string() + "-wal", std::ios::app | std::ios::binary) << std::string(6000, '\x11');
  EXPECT_EQ(open(crashed).status().condition, store::Condition::good);
  EXPECT_THAT(services(contents_.leases), ElementsAre("shop"));
}

TEST_F(RecoveryTest, ANewerSchemaIsRefusedAndLeftAlone) {
  fill_and_stop();
  {
    SQLite::Database other(paths_.database(), SQLite::OPEN_READWRITE);
    other.exec("PRAGMA user_version = 99");
  }
  try {
    open();
    FAIL() << "opened";
  } catch (const store::StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("upgrade portd"));
  }
  EXPECT_THAT(set_aside(), IsEmpty());
}

}  // namespace
}  // namespace portd::test
