#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include "daemon/store/recovery.hpp"
#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The files below hold only what was synced, so a copy of them is what a power cut leaves.
class PowercutTest : public StoreTest {
 protected:
  PowercutTest() { faults_.powercut = true; }
};

TEST_F(PowercutTest, EveryAcknowledgedChangeSurvives) {
  open();
  std::vector<std::string> acknowledged;
  for (std::uint16_t n = 0; n < 20; ++n) {
    acknowledged.push_back("s" + std::to_string(n));
    grant_durably(static_cast<std::uint16_t>(20000 + n), acknowledged.back());
    const Paths cut = snapshot("cut-" + std::to_string(n));
    const store::Opened after = store::open_or_heal(cut);
    EXPECT_EQ(services(after.contents.leases), acknowledged);
  }
}

TEST_F(PowercutTest, EveryAcknowledgedChangeSurvivesACheckpointToo) {
  open();
  for (int round = 0; round < 30; ++round) {
    store_->append(many(3000));
    ASSERT_FALSE(settle());
  }
  const Lease last = grant_durably(23000, "last");
  store_->stop();
  const store::Opened after = store::open_or_heal(snapshot("cut"));
  ASSERT_THAT(after.contents.leases, SizeIs(3001));
  EXPECT_EQ(after.contents.leases.back(), last);
}

TEST_F(PowercutTest, AChangeThatWasNotYetSyncedDoesNotCount) {
  open();
  grant_durably(20001, "kept");
  faults_.failing_fsync = true;
  grant(20002, "written and not synced");
  ASSERT_TRUE(settle());
  faults_.failing_fsync = false;
  EXPECT_THAT(services(store::open_or_heal(snapshot("cut")).contents.leases), ElementsAre("kept"));
}

TEST_F(PowercutTest, WithoutTheWalSyncOfFullAnAcknowledgedChangeIsLost) {
  open();
  grant_durably(20001, "kept");
  faults_.skip_wal_sync = true;
  grant_durably(20002, "lost");
  EXPECT_THAT(services(store::open_or_heal(snapshot("cut")).contents.leases), ElementsAre("kept"));
}

TEST_F(PowercutTest, WithSynchronousNormalAnAcknowledgedChangeIsLost) {
  std::filesystem::create_directory(paths_.state);
  SQLite::Database database(paths_.state / "control.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (x)");
  database.exec("INSERT INTO t VALUES ('full')");
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec("INSERT INTO t VALUES ('normal')");
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM t").getInt(), 2);

  const Paths cut = snapshot("cut");
  SQLite::Database after(cut.state / "control.db", SQLite::OPEN_READWRITE);
  EXPECT_EQ(after.execAndGet("SELECT group_concat(x) FROM t").getString(), "full");
}

}  // namespace
}  // namespace portd::test
