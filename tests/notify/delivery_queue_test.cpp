#include "daemon/notify/delivery_queue.hpp"

#include <vector>

#include "daemon/notify/backoff.hpp"
#include "tests/notify/alert_number.hpp"

namespace portd::notify {
namespace {

Delivery delivery_of(const std::string& id) { return {id, {}}; }

TEST(DeliveryQueue, WhatIsTooManyFallsOutBehindTheOneInFlight) {
  DeliveryQueue queue(3);
  for (const char* id : {"a", "b", "c"}) EXPECT_FALSE(queue.push(delivery_of(id)));
  EXPECT_EQ(queue.push(delivery_of("d"))->id, "b");
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.front().id, "a");
}

TEST(DeliveryQueue, OnlyTheFirstIsRemovedAndOnlyByItsId) {
  DeliveryQueue queue(3);
  queue.push(delivery_of("a"));
  queue.push(delivery_of("b"));
  queue.remove("b");
  EXPECT_EQ(queue.front().id, "a");
  queue.remove("a");
  EXPECT_EQ(queue.front().id, "b");
}

TEST(Backoff, DoublesUpToTheLongestAndBeginsAnew) {
  Backoff backoff(Millis(1'000), Millis(60'000));
  std::vector<std::int64_t> pauses;
  for (int tries = 0; tries < 8; ++tries) pauses.push_back(backoff.next(0).count());
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{500, 1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}));
  backoff.reset();
  EXPECT_EQ(backoff.next(0), Millis(500));
}

TEST(Backoff, TheJitterIsItsUpperHalf) {
  for (const double chance : {0.0, 0.5, 0.999}) {
    const Millis pause = Backoff(Millis(1'000), Millis(60'000)).next(chance);
    EXPECT_GE(pause, Millis(500));
    EXPECT_LE(pause, Millis(1'000));
  }
  EXPECT_EQ(Backoff(Millis(1'000), Millis(60'000)).next(0.5), Millis(750));
}

}  // namespace
}  // namespace portd::notify
