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

}  // namespace
}  // namespace portd::core
