#include "daemon/store/revisions.hpp"

#include <gmock/gmock.h>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using store::Revisions;

TEST(Revisions, AHigherLimitIsAskedForOnceWhenHalfIsUsed) {
  std::vector<std::uint64_t> asked;
  Revisions revisions(7, 0, Revisions::block, [&](std::uint64_t limit) { asked.push_back(limit); });
  for (std::uint64_t n = 0; n < Revisions::block / 2; ++n) revisions.next();
  EXPECT_THAT(asked, ::testing::IsEmpty());
  for (int n = 0; n < 10; ++n) revisions.next();
  EXPECT_THAT(asked, ::testing::ElementsAre(2 * Revisions::block));
}

TEST(Revisions, NothingBeyondTheReservationIsGiven) {
  Revisions revisions(7, 0, 3, [](std::uint64_t) {});
  revisions.next();
  revisions.next();
  EXPECT_EQ(revisions.next(), (Revision{7, 3}));
  EXPECT_TRUE(revisions.running_out());
  EXPECT_THROW(revisions.next(), std::runtime_error);
  revisions.reserved(Revisions::block);
  EXPECT_FALSE(revisions.running_out());
  EXPECT_EQ(revisions.next(), (Revision{7, 4}));
}

TEST_F(StoreTest, RevisionsGoOnAfterARestart) {
  open();
  const Revision before = grant_durably(20001, "shop").revision;
  stop();
  const Revision after = open().next_revision();
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_GT(after, before);
}

TEST_F(StoreTest, ACrashRepeatsNoRevisionNotEvenOneThatWasNeverCommitted) {
  open();
  grant_durably(20001, "shop");
  Revision last;
  for (int n = 0; n < 1000; ++n) last = store_->next_revision();
  const Paths crashed = snapshot("crashed");
  EXPECT_GT(open(crashed).next_revision(), last);
}

TEST_F(StoreTest, AUsedUpBlockIsToppedUpOnDiskBeforeItsNumbersAreGiven) {
  open();
  const Revision first = store_->next_revision();
  for (std::uint64_t n = 0; n < Revisions::block / 2; ++n) store_->next_revision();
  queue_.run_until([&] { return store_->status().commits == 1; });
  Revision last;
  for (std::uint64_t n = 0; n < Revisions::block; ++n) last = store_->next_revision();
  EXPECT_EQ(last.number - first.number, Revisions::block * 3 / 2);
  const Paths crashed = snapshot("crashed");
  EXPECT_GT(open(crashed).next_revision(), last);
}

TEST_F(StoreTest, AFreshDatabaseHasAnEpochOfItsOwn) {
  const Revision one = open().next_revision();
  const Paths other{folder_ / "other", paths_.runtime};
  EXPECT_NE(open(other).next_revision().epoch, one.epoch);
}

}  // namespace
}  // namespace portd::test
