#include "daemon/store/history_inbox.hpp"

#include <gtest/gtest.h>

namespace portd::test {
namespace {

core::Records census_at(int moment) {
  core::Records records;
  records.emplace_back(core::Census{{}, TimePoint{Millis{moment}}});
  return records;
}

TEST(HistoryInbox, ItIsBoundedByRecordsAndKeepsTheirOrder) {
  constexpr auto capacity = static_cast<int>(store::HistoryInbox::capacity);
  store::HistoryInbox inbox;
  for (int count = 0; count < capacity; ++count) ASSERT_TRUE(inbox.put(census_at(count)));
  EXPECT_FALSE(inbox.put(census_at(capacity)));
  const store::HistoryWork work = inbox.take(Millis{0});
  EXPECT_EQ(work.records, store::HistoryInbox::capacity);
  int next = 0;
  for (const core::Records& batch : work.batches) {
    for (const core::Record& record : batch) EXPECT_EQ(std::get<core::Census>(record).at, TimePoint{Millis{next++}});
  }
  EXPECT_EQ(next, capacity);
  EXPECT_TRUE(inbox.put(census_at(0)));
  EXPECT_EQ(inbox.take(Millis{0}).records, 1U);
}

TEST(HistoryInbox, WhatIsLargerThanItIsTakenWhenNothingElseIsThere) {
  store::HistoryInbox inbox;
  core::Records many(store::HistoryInbox::capacity + 1);
  EXPECT_TRUE(inbox.put(many));
  EXPECT_FALSE(inbox.put(census_at(0)));
}

}  // namespace
}  // namespace portd::test
