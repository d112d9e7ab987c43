#include "common/lease.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

TEST(Revision, IsReadBackAsItWasWritten) {
  const Revision revision{0xab12, 34};
  EXPECT_EQ(revision.text(), "0000ab12-34");
  EXPECT_EQ(Revision::parse(revision.text()), revision);
  const Revision largest{UINT32_MAX, UINT64_MAX};
  EXPECT_EQ(Revision::parse(largest.text()), largest);
}

TEST(Revision, HasOneTextOnly) {
  for (const char* text : {"", "-", "0000ab12", "0000ab12-", "0000AB12-34", "0000ab12-034", "0000ab12-34x", "ab12-34",
                           "0000ab12-99999999999999999999", "0000ab1x-3", " 000ab12-34", "+000ab12-34"}) {
    EXPECT_FALSE(Revision::parse(text)) << text;
  }
}

TEST(Revision, IsOrderedByEpochAndNumber) {
  EXPECT_LT((Revision{1, 9}), (Revision{2, 1}));
  EXPECT_LT((Revision{1, 9}), (Revision{1, 10}));
}

Lease lease_of_shop() {
  Lease lease;
  lease.port = Port(20100);
  lease.key = Key{.project = "acme", .service = "shop", .instance = "main", .role = "http"};
  return lease;
}

TEST(Lease, UrlIsOnLocalhost) { EXPECT_EQ(lease_of_shop().url(), "http://localhost:20100"); }

TEST(LeaseFilter, WithNothingStatedMatchesEveryLease) {
  EXPECT_TRUE(LeaseFilter{}.empty());
  EXPECT_TRUE(LeaseFilter{}.matches(lease_of_shop()));
}

TEST(LeaseFilter, MatchesWhereEveryStatedPartIsTheLeases) {
  LeaseFilter filter;
  filter.project = "acme";
  filter.service = "shop";
  filter.instance = "main";
  filter.state = LeaseState::reserved;
  filter.kind = LeaseKind::sticky;
  EXPECT_TRUE(filter.matches(lease_of_shop()));
}

template <auto member, class T>
bool matches_shop(T value) {
  LeaseFilter filter;
  filter.*member = value;
  return filter.matches(lease_of_shop());
}

TEST(LeaseFilter, MatchesNotWhereOnePartDiffers) {
  EXPECT_FALSE(matches_shop<&LeaseFilter::project>("other"));
  EXPECT_FALSE(matches_shop<&LeaseFilter::service>("other"));
  EXPECT_FALSE(matches_shop<&LeaseFilter::instance>("other"));
  EXPECT_FALSE(matches_shop<&LeaseFilter::state>(LeaseState::listening));
  EXPECT_FALSE(matches_shop<&LeaseFilter::kind>(LeaseKind::ttl));
}

}  // namespace
}  // namespace portd
