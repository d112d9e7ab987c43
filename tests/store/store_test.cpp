#include "daemon/store/store.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(StoreTest, FirstStartIsFreshAndEmpty) {
  EXPECT_EQ(open().status().condition, store::Condition::fresh);
  EXPECT_THAT(contents_.leases, IsEmpty());
  EXPECT_THAT(contents_.remembered, IsEmpty());
  EXPECT_TRUE(store_->writable());
}

TEST_F(StoreTest, RestartReturnsEveryFieldOfALease) {
  open();
  Lease full = lease(20100, "shop");
  full.key = {"acme", "shop", "feature-x.testing", "debug"};
  full.protocol = Protocol::both;
  full.kind = LeaseKind::ttl;
  full.hold = HoldMode::strict;
  full.ttl = Millis{90'001};
  full.holder = Holder{{"boot-1", 4711, 18'446'744'073'709'551'615U},
                       "flask run --port 1",
                       "/srv/shöp",
                       TimePoint{Millis{1'699'999'999'999}}};
  const Lease plain = lease(20101, "plain");
  store_->append({granted(full), granted(plain)});
  ASSERT_FALSE(settle());
  stop();

  EXPECT_EQ(open().status().condition, store::Condition::good);
  EXPECT_THAT(contents_.leases, ElementsAre(full, plain));
}

TEST_F(StoreTest, RestartReturnsRememberedPorts) {
  open();
  const Lease shop = grant_durably(20100, "shop");
  const core::Change release = released(shop);
  store_->append({release});
  ASSERT_FALSE(settle());
  stop();

  open();
  EXPECT_THAT(contents_.leases, IsEmpty());
  ASSERT_THAT(contents_.remembered, SizeIs(1));
  EXPECT_EQ(contents_.remembered[0].key, shop.key);
  EXPECT_EQ(contents_.remembered[0].port, shop.port);
  EXPECT_EQ(contents_.remembered[0].released_at, std::get<core::LeaseChange>(release).at);
}

TEST_F(StoreTest, ForgottenPortsAreGoneAfterARestart) {
  open();
  const Lease shop = grant_durably(20100, "shop");
  store_->append({released(shop)});
  ASSERT_FALSE(settle());
  store_->forget({shop.key});
  stop();

  open();
  EXPECT_THAT(contents_.remembered, IsEmpty());
}

TEST_F(StoreTest, MovedLeaseLeavesItsOldPort) {
  open();
  const Lease before = grant_durably(20100, "shop");
  Lease after = before;
  after.port = Port(20200);
  after.revision = store_->next_revision();
  store_->append({core::LeaseChange{core::ChangeReason::moved, after.revision, {}, before, after}});
  ASSERT_FALSE(settle());
  stop();

  open();
  EXPECT_THAT(contents_.leases, ElementsAre(after));
}

TEST_F(StoreTest, AppendsQueuedTogetherShareACommit) {
  open_unstarted(paths_);
  for (std::uint16_t port = 20000; port < 20100; ++port) grant(port, "s" + std::to_string(port));
  EXPECT_EQ(store_->status().pending, 100U);
  store_->start(*this);
  ASSERT_FALSE(settle());

  EXPECT_EQ(store_->status().commits, 1U);
  EXPECT_EQ(store_->status().changes, 100U);
  EXPECT_EQ(store_->status().pending, 0U);
  EXPECT_THAT(committed_, SizeIs(100));
}

TEST_F(StoreTest, WaitersAreCalledInOrderAndAfterTheListener) {
  open_unstarted(paths_);
  const Lease first = grant(20001, "first");
  const Lease second = grant(20002, "second");
  std::vector<std::string> calls;
  const auto note = [&](const std::string& name) {
    return [&, name](const std::optional<Error>& error) {
      EXPECT_FALSE(error);
      calls.push_back(name + " after " + std::to_string(committed_.size()));
    };
  };
  store_->when_durable(second.revision, note("b"));
  store_->when_durable(first.revision, note("a"));
  EXPECT_THAT(calls, IsEmpty());
  store_->start(*this);
  queue_.run_until([&] { return calls.size() == 2; });

  EXPECT_THAT(calls, ElementsAre("b after 2", "a after 2"));
}

TEST_F(StoreTest, WhatIsDurableIsAnsweredAtOnce) {
  open();
  const Lease durable = grant_durably(20001, "durable");
  grant(20002, "pending");
  bool answered = false;
  store_->when_durable(durable.revision, [&](const auto&) { answered = true; });
  EXPECT_TRUE(answered);
  EXPECT_FALSE(settle());
}

TEST_F(StoreTest, ARevisionFromBeforeTheRestartIsDurable) {
  open();
  const Lease old = grant_durably(20001, "old");
  stop();
  open_unstarted(paths_);
  grant(20002, "pending");
  bool answered = false;
  store_->when_durable(old.revision, [&](const auto&) { answered = true; });
  EXPECT_TRUE(answered);
}

TEST_F(StoreTest, AWaiterMayWaitAgain) {
  open();
  std::vector<int> calls;
  grant(20001, "first");
  store_->when_durable(store_->newest(), [&](const auto&) {
    calls.push_back(1);
    grant(20002, "second");
    store_->when_durable(store_->newest(), [&](const auto&) { calls.push_back(2); });
  });
  queue_.run_until([&] { return calls.size() == 2; });
  EXPECT_THAT(calls, ElementsAre(1, 2));
}

TEST_F(StoreTest, StopCommitsWhatIsPendingAndAnswersByPost) {
  open();
  const Lease last = grant(20001, "last");
  bool answered = false;
  store_->when_durable(last.revision, [&](const std::optional<Error>& error) { answered = !error; });
  store_->stop();
  queue_.run_posted();
  EXPECT_TRUE(answered);
  EXPECT_FALSE(store_->writable());

  open();
  EXPECT_THAT(services(contents_.leases), ElementsAre("last"));
}

TEST_F(StoreTest, AfterAStopTheDatabaseFileAloneIsComplete) {
  open();
  grant_durably(20001, "shop");
  stop();
  std::filesystem::remove(paths_.database().string() + "-wal");
  open();
  EXPECT_THAT(services(contents_.leases), ElementsAre("shop"));
}

TEST_F(StoreTest, WhatWasPostedMayRunAfterTheStoreIsGone) {
  open();
  grant(20001, "shop");
  store_.reset();
  queue_.run_posted();
  EXPECT_THAT(committed_, IsEmpty());
}

TEST_F(StoreTest, ADatabaseInUseIsRefusedAtOnce) {
  open();
  stop();
  store_.reset();
  SQLite::Database other(paths_.database(), SQLite::OPEN_READWRITE);
  other.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE");
  try {
    // POSIX locks do not bind within a process, but SQLite's own inode locks do.
    open();
    FAIL() << "opened";
  } catch (const store::StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("in use by another process"));
  }
}

TEST_F(StoreTest, FilesAreForTheirOwnerOnly) {
  ::umask(0);
  open();
  grant_durably(20001, "shop");
  stop();
  const auto mode = [](const std::filesystem::path& file) {
    return static_cast<unsigned>(std::filesystem::status(file).permissions());
  };
  EXPECT_EQ(mode(paths_.state), 0700U);
  EXPECT_EQ(mode(paths_.database()), 0600U);
  EXPECT_EQ(mode(paths_.database().string() + "-wal"), 0600U);
  EXPECT_EQ(mode(paths_.backups()), 0700U);
  EXPECT_EQ(mode(backups().at(0)), 0600U);
}

TEST_F(StoreTest, ACommitTellsHowManyChangesItMadeDurableAndHowLongItTook) {
  std::atomic<std::size_t> changes = 0;
  std::atomic<std::int64_t> took = 0;
  on_commit_ = [&](std::size_t count, std::chrono::nanoseconds time) {
    changes += count;
    took += time.count();
  };
  open();
  faults_.sync_delay_ms = 5;
  store_->append(many(3));
  ASSERT_FALSE(settle());
  EXPECT_EQ(changes, 3U);
  EXPECT_GE(took, 5'000'000);
}

TEST_F(StoreTest, ACommitThatFailsTellsNothing) {
  std::atomic<int> told = 0;
  on_commit_ = [&](std::size_t, std::chrono::nanoseconds) { ++told; };
  open();
  faults_.space = 0;
  store_->append(many(3));
  ASSERT_TRUE(settle());
  heal();
  EXPECT_EQ(told, 0);
}

TEST_F(StoreTest, ALargeWalIsCheckpointedAndNothingIsLost) {
  open();
  for (int round = 0; round < 30; ++round) {
    store_->append(many(3000));
    ASSERT_FALSE(settle());
  }
  EXPECT_GT(std::filesystem::file_size(paths_.database()), 300'000U);
  EXPECT_LT(std::filesystem::file_size(paths_.database().string() + "-wal"), 7'000'000U);
  const Paths crashed = snapshot("crashed");
  open(crashed);
  EXPECT_THAT(contents_.leases, SizeIs(3000));
}

}  // namespace
}  // namespace portd::test
