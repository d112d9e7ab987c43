#include "daemon/core/alerts.hpp"

#include <gtest/gtest.h>

namespace portd::core {
namespace {

TEST(Alerts, AreRaisedOncePerSubjectAndUpdated) {
  Alerts alerts;
  EXPECT_TRUE(alerts.raise(AlertKind::port_contested, "20100", "first", {}));
  EXPECT_FALSE(alerts.raise(AlertKind::port_contested, "20100", "second", TimePoint(Millis(5))));
  EXPECT_TRUE(alerts.raise(AlertKind::port_contested, "20101", "other", {}));
  ASSERT_EQ(alerts.raised().size(), 2U);
  EXPECT_EQ(alerts.raised()[0].detail, "second");
  EXPECT_EQ(alerts.raised()[0].since, TimePoint{});
}

TEST(Alerts, AreGoneOnceResolved) {
  Alerts alerts;
  alerts.raise(AlertKind::range_low, "default", "low", {});
  EXPECT_TRUE(alerts.resolve(AlertKind::range_low, "default"));
  EXPECT_FALSE(alerts.resolve(AlertKind::range_low, "default"));
  EXPECT_TRUE(alerts.raised().empty());
}

TEST(Alerts, AMutedKindIsNotRaised) {
  Alerts alerts;
  alerts.mute({AlertKind::range_low});
  EXPECT_FALSE(alerts.raise(AlertKind::range_low, "default", "low", {}));
  EXPECT_TRUE(alerts.raise(AlertKind::clock_gap, "clock", "gap", {}));
  ASSERT_EQ(alerts.raised().size(), 1U);
  EXPECT_EQ(alerts.raised()[0].kind, AlertKind::clock_gap);
}

TEST(Alerts, MutingAKindResolvesTheRaisedOnes) {
  Alerts alerts;
  std::vector<std::string> resolved;
  alerts.on_changed([&](const Alert& alert) {
    if (alert.state == AlertState::resolved) resolved.push_back(alert.subject);
  });
  alerts.raise(AlertKind::range_low, "default", "low", {});
  alerts.raise(AlertKind::clock_gap, "clock", "gap", {});
  alerts.mute({AlertKind::range_low});
  EXPECT_EQ(resolved, std::vector<std::string>{"default"});
  EXPECT_EQ(alerts.raised().size(), 1U);
}

TEST(Alerts, WhatStillHoldsIsRaisedOnceItsKindIsNoLongerMuted) {
  Alerts alerts;
  alerts.raise(AlertKind::range_low, "default", "low", TimePoint(Millis(5)));
  alerts.raise(AlertKind::range_low, "web", "low", {});
  alerts.mute({AlertKind::range_low});
  alerts.raise(AlertKind::range_low, "default", "lower", {});
  alerts.resolve(AlertKind::range_low, "web");
  std::vector<std::string> told;
  alerts.on_changed([&](const Alert& alert) { told.push_back(alert.subject + " " + alert.detail); });
  alerts.mute({});
  EXPECT_EQ(told, std::vector<std::string>{"default lower"});
  EXPECT_EQ(alerts.raised().at(0).since, TimePoint(Millis(5)));
}

TEST(Alerts, WhatHappensAgainWhileRaisedIsCountedAndNotRaisedTwice) {
  Alerts alerts;
  int told = 0;
  alerts.on_changed([&](const Alert&) { ++told; });
  alerts.raise(AlertKind::clock_gap, "suspend", "for 5m", TimePoint(Millis(1)));
  alerts.raise(AlertKind::clock_gap, "suspend", "for 5m", TimePoint(Millis(2)));
  alerts.raise(AlertKind::clock_gap, "suspend", "for 7m", TimePoint(Millis(3)));
  const Alert alert = alerts.raised().at(0);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(alert.count, 3);
  EXPECT_EQ(alert.detail, "for 7m");
  EXPECT_EQ(alert.since, TimePoint(Millis(1)));
  EXPECT_EQ(alert.last_at, TimePoint(Millis(3)));
}

TEST(Alerts, WhatIsFoundAtEachLookIsCountedWhenItsFactsAreOthers) {
  Alerts alerts;
  EXPECT_TRUE(alerts.report(AlertKind::port_contested, "20100", "pid 1", {}, {{"pid", std::int64_t{1}}}));
  EXPECT_FALSE(alerts.report(AlertKind::port_contested, "20100", "pid 1", {}, {{"pid", std::int64_t{1}}}));
  EXPECT_EQ(alerts.raised().at(0).count, 1);
  EXPECT_FALSE(alerts.report(AlertKind::port_contested, "20100", "pid 2", {}, {{"pid", std::int64_t{2}}}));
  EXPECT_EQ(alerts.raised().at(0).count, 2);
  EXPECT_EQ(alerts.raised().at(0).facts, (std::vector<Fact>{{"pid", std::int64_t{2}}}));
}

TEST(Alerts, AnAcknowledgedOneStaysSoUntilItIsResolved) {
  Alerts alerts;
  alerts.raise(AlertKind::range_low, "default", "low", {});
  const std::string id = alerts.raised().at(0).id;
  std::vector<AlertState> told;
  alerts.on_changed([&](const Alert& alert) { told.push_back(alert.state); });
  EXPECT_EQ(alerts.acknowledge(id, TimePoint(Millis(5)))->state, AlertState::acknowledged);
  alerts.raise(AlertKind::range_low, "default", "lower", {});
  EXPECT_EQ(alerts.acknowledge(id, TimePoint(Millis(9)))->acknowledged_at, TimePoint(Millis(5)));
  EXPECT_EQ(alerts.raised().at(0).state, AlertState::acknowledged);
  alerts.resolve(AlertKind::range_low, "default");
  EXPECT_EQ(told, (std::vector{AlertState::acknowledged, AlertState::resolved}));
}

TEST(Alerts, WhatIsResolvedOrUnknownCannotBeAcknowledged) {
  Alerts alerts;
  alerts.raise(AlertKind::range_low, "default", "low", {});
  const std::string id = alerts.raised().at(0).id;
  alerts.resolve(AlertKind::range_low, "default");
  const auto resolved = alerts.acknowledge(id, {});
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().problem, Problem::not_found);
  EXPECT_NE(resolved.error().detail.find("is resolved"), std::string::npos);
  EXPECT_EQ(alerts.acknowledge("a-0-0", {}).error().problem, Problem::not_found);
}

TEST(Alerts, OneRaisedAnewHasAnIdOfItsOwnAndNoneIsOfAnotherStart) {
  Alerts alerts(0xbeef);
  alerts.raise(AlertKind::range_low, "default", "low", {});
  const std::string first = alerts.raised().at(0).id;
  alerts.resolve(AlertKind::range_low, "default");
  alerts.raise(AlertKind::range_low, "default", "low", {});
  EXPECT_EQ(first, "a-beef-1");
  EXPECT_EQ(alerts.raised().at(0).id, "a-beef-2");
  EXPECT_EQ(alerts.raised().at(0).count, 1);
}

TEST(Alerts, AreListedUnresolvedFirstAndTheNewest100OfTheResolved) {
  TimePoint now{};
  Alerts alerts(1, [&now] { return now; });
  for (int each = 0; each < 102; ++each) {
    now = TimePoint(Millis(each));
    alerts.raise(AlertKind::port_contested, std::to_string(each), "taken", now);
    if (each < 101) alerts.resolve(AlertKind::port_contested, std::to_string(each));
  }
  const std::vector<Alert> all = alerts.list();
  ASSERT_EQ(all.size(), 101U);
  EXPECT_EQ(all.at(0).subject, "101");
  EXPECT_EQ(all.at(1).subject, "100");
  EXPECT_EQ(all.at(1).resolved_at, TimePoint(Millis(100)));
  EXPECT_EQ(all.back().subject, "1");
  EXPECT_EQ(alerts.list({AlertState::raised, {}}).size(), 1U);
  EXPECT_TRUE(alerts.list({{}, AlertKind::range_low}).empty());
}

}  // namespace
}  // namespace portd::core
