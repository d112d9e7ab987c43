#include "daemon/core/latencies.hpp"

#include <gtest/gtest.h>

namespace portd::core {
namespace {

using namespace std::chrono_literals;

Latencies of(std::initializer_list<Latencies::Micros> list) {
  Latencies latencies;
  for (const auto each : list) latencies.add(each);
  return latencies;
}

TEST(Latencies, WithoutAnyThereIsNothingToTell) {
  EXPECT_FALSE(Latencies().average());
  EXPECT_FALSE(Latencies().percentile(0.5));
  EXPECT_EQ(Latencies().text(), "");
}

TEST(Latencies, AverageAndMaximumAreExact) {
  const Latencies latencies = of({1ms, 2ms, 9ms});
  EXPECT_EQ(latencies.average(), 4ms);
  EXPECT_EQ(latencies.max(), 9ms);
}

TEST(Latencies, APercentileIsAtMostAFifthTooHigh) {
  for (const Latencies::Micros each : {Latencies::Micros(1), Latencies::Micros(150us), Latencies::Micros(3ms),
                                       Latencies::Micros(70ms), Latencies::Micros(2s)}) {
    const Latencies latencies = of({each, 200s});
    const auto median = latencies.percentile(0.5).value();
    EXPECT_GE(median, each);
    EXPECT_LE(static_cast<double>(median.count()), std::max(100.0, 1.2 * static_cast<double>(each.count())));
  }
}

TEST(Latencies, APercentileIsNeverAboveTheMaximum) {
  EXPECT_EQ(of({1100us}).percentile(0.95), 1100us);
  EXPECT_EQ(of({500s}).percentile(0.95), 500s);
}

TEST(Latencies, AddUp) {
  Latencies one = of({1ms, 2ms});
  one.add(of({9ms}));
  EXPECT_EQ(one, of({1ms, 2ms, 9ms}));
}

TEST(Latencies, AreReadBackAsTheyWereWritten) {
  const Latencies latencies = of({1us, 1ms, 1ms, 9ms, 500s});
  EXPECT_EQ(Latencies::from(latencies.text(), latencies.sum(), latencies.max()), latencies);
}

TEST(Latencies, WhatIsMalformedCountsAsNothing) {
  EXPECT_EQ(Latencies::from("1:2 99:3", 0us, 0us).count(), 2U);
  for (const char* text : {"x", "1", "1:", "-1:2", "1:x", ":", "80:1"}) {
    EXPECT_EQ(Latencies::from(text, 0us, 0us).count(), 0U) << text;
  }
}

}  // namespace
}  // namespace portd::core
