#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Revision> revisions(const core::Changes& changes) {
  std::vector<Revision> list;
  for (const core::Change& change : changes) list.push_back(core::revision_of(change));
  return list;
}

TEST_F(StoreTest, AFullDiskUndoesNewestFirstAndAnswersDiskFull) {
  open();
  const Lease kept = grant_durably(20001, "kept");
  faults_.space = 0;
  const Lease first = lease(20002, "first");
  const Lease second = lease(20003, "second");
  store_->append({granted(first), granted(second)});
  const Lease third = grant(20004, "third");
  const auto answer = settle();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->problem, Problem::disk_full);
  EXPECT_THAT(revisions(undone_), ElementsAre(third.revision, second.revision, first.revision));
  EXPECT_EQ(store_->newest(), kept.revision);
  EXPECT_TRUE(store_->status().disk_full);
  EXPECT_THAT(store_->status().detail, HasSubstr("is full: free some space"));
  EXPECT_EQ(store_->status().pending, 0U);
}

TEST_F(StoreTest, WhatWasAppendedAfterARefusedBatchIsUndoneWithIt) {
  open();
  faults_.space = 0;
  const Lease refused = grant(20001, "refused");
  std::vector<std::string> answers;
  store_->when_durable(refused.revision, [&](const auto& error) { answers.push_back(error ? "undone" : "durable"); });
  // The writer fails while this thread has not heard of it; space is back, but what stands on a lie must fall.
  store_->stop();
  heal();
  queue_.run_posted();

  EXPECT_THAT(answers, ElementsAre("undone"));
  EXPECT_THAT(undone_, SizeIs(1));
  open();
  EXPECT_THAT(contents_.leases, IsEmpty());
}

TEST_F(StoreTest, AFullDiskRecoversByItself) {
  open();
  faults_.space = 0;
  grant(20001, "lost");
  ASSERT_TRUE(settle());
  heal();
  grant_durably(20002, "shop");
  EXPECT_FALSE(store_->status().disk_full);
  const Paths crashed = snapshot("crashed");
  open(crashed);
  EXPECT_THAT(services(contents_.leases), ElementsAre("shop"));
}

TEST_F(StoreTest, ThatADiskHasSpaceAgainIsSeenThoughNobodyAsks) {
  open();
  const Lease kept = grant_durably(20001, "kept");
  faults_.space = 0;
  grant(20002, "lost");
  ASSERT_TRUE(settle());
  const int tries = faults_.cut_short;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (faults_.cut_short == tries && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  queue_.run_posted();
  EXPECT_TRUE(store_->status().disk_full) << "it was tried, in vain";
  heal();
  queue_.run_until([this] { return !store_->status().disk_full; });
  EXPECT_THAT(store_->status().detail, IsEmpty());
  const Paths crashed = snapshot("crashed");
  open(crashed);
  EXPECT_THAT(contents_.leases, ElementsAre(kept));
  EXPECT_GT(grant_durably(20003, "later").revision, kept.revision);
}

TEST_F(StoreTest, NothingOfABatchCutShortByAFullDiskComesBack) {
  // One run for each place at which a batch of a few pages may be cut off.
  for (const std::int64_t space : {1, 24, 4000, 4120, 4121, 9000, 12'360, 16'000}) {
    SCOPED_TRACE(space);
    const std::string name = "cut-" + std::to_string(space);
    open({folder_ / name, paths_.runtime});
    grant_durably(20001, "kept");
    faults_.space = space;
    core::Changes changes;
    for (std::uint16_t port = 21000; port < 21200; ++port) changes.push_back(granted(lease(port, "lost")));
    store_->append(std::move(changes));
    ASSERT_TRUE(settle());
    heal();

    std::filesystem::copy(folder_ / name, folder_ / (name + "-crashed"), std::filesystem::copy_options::recursive);
    grant_durably(20002, "later");
    std::filesystem::copy(folder_ / name, folder_ / (name + "-later"), std::filesystem::copy_options::recursive);
    open({folder_ / (name + "-crashed"), paths_.runtime});
    EXPECT_THAT(services(contents_.leases), ElementsAre("kept"));
    open({folder_ / (name + "-later"), paths_.runtime});
    EXPECT_THAT(services(contents_.leases), ElementsAre("kept", "later"));
  }
}

TEST_F(StoreTest, AFailingWriteIsUndoneAsStoreUnavailable) {
  open();
  faults_.failing_write = true;
  grant(20001, "lost");
  const auto answer = settle();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->problem, Problem::store_unavailable);
  EXPECT_THAT(undone_, SizeIs(1));
  EXPECT_FALSE(store_->status().disk_full);
  heal();
  grant_durably(20002, "shop");
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(StoreTest, AFullDiskAtStartIsServedAndRecovers) {
  open();
  const Lease shop = grant_durably(20001, "shop");
  stop();
  store_.reset();
  faults_.space = 0;
  open();
  EXPECT_THAT(contents_.leases, ElementsAre(shop));
  grant(20002, "lost");
  ASSERT_TRUE(settle());
  heal();
  grant_durably(20003, "later");
}

TEST_F(StoreTest, AFailedFsyncIsFatalAndAcknowledgesNothing) {
  open();
  grant_durably(20001, "kept");
  faults_.failing_fsync = true;
  grant(20002, "unknown");
  const auto answer = settle();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->problem, Problem::store_unavailable);
  EXPECT_THAT(fatal_, SizeIs(1));
  EXPECT_THAT(committed_, SizeIs(1));
  heal();
  EXPECT_FALSE(store_->writable());
  grant(20003, "after");
  EXPECT_TRUE(settle());
  stop();
  EXPECT_THAT(fatal_, SizeIs(1));
}

TEST_F(StoreTest, TheStartAfterAFailedFsyncRebuilds) {
  open();
  const Lease kept = grant_durably(20001, "kept");
  faults_.failing_fsync = true;
  grant(20002, "unknown");
  ASSERT_TRUE(settle());
  stop();
  heal();
  const auto old_file = std::filesystem::hard_link_count(paths_.database());
  std::filesystem::create_hard_link(paths_.database(), folder_ / "old");
  ASSERT_EQ(old_file, 1U);

  EXPECT_EQ(open().status().condition, store::Condition::rebuilt);
  ASSERT_FALSE(contents_.leases.empty());
  EXPECT_EQ(contents_.leases.front(), kept);
  EXPECT_FALSE(std::filesystem::equivalent(paths_.database(), folder_ / "old"));
  EXPECT_THAT(store_->status().detail, HasSubstr("fsync"));
  grant_durably(20003, "later");
  stop();
  EXPECT_EQ(open().status().condition, store::Condition::good);
}

TEST_F(StoreTest, ARebuildThatMeetsAFailingFsyncIsTriedAgain) {
  open();
  grant_durably(20001, "kept");
  faults_.failing_fsync = true;
  grant(20002, "unknown");
  ASSERT_TRUE(settle());
  store_.reset();
  EXPECT_THROW(open(), store::StoreError);
  heal();
  EXPECT_EQ(open().status().condition, store::Condition::rebuilt);
  EXPECT_EQ(services(contents_.leases).front(), "kept");
}

TEST_F(StoreTest, ARebuildCutOffBetweenItsStepsGoesOn) {
  open();
  grant_durably(20001, "kept");
  stop();
  store_.reset();
  // As after the removal of the old WAL and before the renaming.
  std::filesystem::copy(paths_.database(), paths_.database().string() + ".rebuilt");
  EXPECT_EQ(open().status().condition, store::Condition::rebuilt);
  EXPECT_THAT(services(contents_.leases), ElementsAre("kept"));
}

TEST_F(StoreTest, AFailedFsyncOfACheckpointIsFatalToo) {
  open();
  for (int round = 0; round < 40 && fatal_.empty(); ++round) {
    // The commit's own sync passes, those of the checkpoint after it do not.
    faults_.syncs_left = 1;
    store_->append(many(3000));
    if (settle()) break;
  }
  queue_.run_until([&] { return !fatal_.empty(); });
  stop();
  heal();
  EXPECT_EQ(open().status().condition, store::Condition::rebuilt);
  EXPECT_THAT(contents_.leases, SizeIs(3000));
}

}  // namespace
}  // namespace portd::test
