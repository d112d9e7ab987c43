#include "daemon/core/service_tally.hpp"

#include <gtest/gtest.h>

namespace portd::core {
namespace {

using namespace std::chrono_literals;

const InstanceKey web{"default", "web", "main"};
const InstanceKey db{"default", "db", "main"};
constexpr SteadyPoint start{1h};

Finding finding_of(Finding::Verdict verdict, std::chrono::microseconds latency = {}) {
  Finding finding;
  finding.verdict = verdict;
  finding.latency = latency;
  return finding;
}

TEST(ServiceTally, UptimeIsWhatWasPassingOrWarningOfWhatWasWatched) {
  ServiceTally tally;
  tally.became(web, Status::starting, start);
  tally.became(web, Status::passing, start + 10s);
  tally.became(web, Status::critical, start + 40s);
  tally.became(web, Status::warning, start + 50s);
  tally.became(web, Status::maintenance, start + 55s);
  const auto samples = tally.take(start + 60s);
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].key, web);
  EXPECT_EQ(samples[0].watched, 45s);
  EXPECT_EQ(samples[0].up, 35s);
}

TEST(ServiceTally, WhatStaysAsItIsCountsInEachPart) {
  ServiceTally tally;
  tally.became(web, Status::passing, start);
  EXPECT_EQ(tally.take(start + 60s).at(0).up, 60s);
  EXPECT_EQ(tally.take(start + 90s).at(0).up, 30s);
}

TEST(ServiceTally, WhoHasLeftCountsUpToThen) {
  ServiceTally tally;
  tally.became(web, Status::passing, start);
  tally.left(web, start + 5s);
  tally.left(db, start + 5s);
  EXPECT_EQ(tally.take(start + 60s).at(0).up, 5s);
  EXPECT_TRUE(tally.take(start + 120s).empty());
}

TEST(ServiceTally, ChecksFailuresAndLatenciesAreCounted) {
  ServiceTally tally;
  tally.checked(web, finding_of(Finding::Verdict::pass, 2ms));
  tally.checked(web, finding_of(Finding::Verdict::warn, 4ms));
  tally.checked(web, finding_of(Finding::Verdict::fail, 2s));
  tally.checked(web, finding_of(Finding::Verdict::impostor, 1ms));
  tally.checked(web, finding_of(Finding::Verdict::none));
  tally.checked(db, finding_of(Finding::Verdict::pass, 1ms));
  const auto samples = tally.take(start);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].key, db);
  EXPECT_EQ(samples[1].checks, 4U);
  EXPECT_EQ(samples[1].failures, 2U);
  EXPECT_EQ(samples[1].latencies.count(), 2U);
  EXPECT_EQ(samples[1].latencies.average(), 3ms);
}

}  // namespace
}  // namespace portd::core
