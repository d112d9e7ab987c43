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
  alerts.on_resolved([&](const Alert& alert) { resolved.push_back(alert.subject); });
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
  alerts.on_raised([&](const Alert& alert) { told.push_back(alert.subject + " " + alert.detail); });
  alerts.mute({});
  EXPECT_EQ(told, std::vector<std::string>{"default lower"});
  EXPECT_EQ(alerts.raised().at(0).since, TimePoint(Millis(5)));
}

}  // namespace
}  // namespace portd::core
