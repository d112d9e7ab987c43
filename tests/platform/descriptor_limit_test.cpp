#include "daemon/platform/descriptor_limit.hpp"

#include <gtest/gtest.h>

#include "tests/platform/platform_world.hpp"

namespace portd {
namespace {

rlimit limit_now() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

TEST(DescriptorLimit, IsRaisedToTheHardOneAndTellsWhatItWas) {
  const test::LowDescriptorLimit low(100);
  const auto limit = platform::raise_descriptor_limit();
  EXPECT_EQ(limit.soft_before, 100U);
  EXPECT_EQ(limit.soft, limit_now().rlim_cur);
  EXPECT_GT(limit.soft, 100U);
  EXPECT_EQ(limit.reserve, platform::descriptor_reserve(limit.soft));
}

TEST(DescriptorLimit, TheReserveLeavesRoomForConnectionsUnderEveryLimit) {
  EXPECT_EQ(platform::descriptor_reserve(64), 32U);
  EXPECT_EQ(platform::descriptor_reserve(1024), 64U);
  EXPECT_EQ(platform::descriptor_reserve(4096), 204U);
  EXPECT_EQ(platform::descriptor_reserve(1'048'576), 256U);
}

TEST(DescriptorLimit, TheReserveLiesAtTheTop) {
  const test::LowDescriptorLimit low(64);
  EXPECT_FALSE(platform::in_reserve(31));
  EXPECT_TRUE(platform::in_reserve(32));
}

TEST(SuspendedTime, NeverGoesBackByMoreThanTheClocksDiffer) {
  const auto first = platform::suspended_time();
  const auto second = platform::suspended_time();
  EXPECT_GE(first.count(), 0);
  EXPECT_LT(std::chrono::abs(second - first), std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace portd
