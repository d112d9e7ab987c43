#include "common/alert_json.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

Alert contested() {
  Alert alert;
  alert.id = "a-beef-1";
  alert.subject = "20100";
  alert.detail = "port 20100 is leased to shop";
  alert.count = 2;
  alert.since = TimePoint(Millis(1'000));
  alert.last_at = TimePoint(Millis(2'000));
  alert.facts = {{"pid", std::int64_t{42}}, {"cwd", "/shop"}};
  return alert;
}

TEST(AlertJson, IsAsTheContractHasIt) {
  EXPECT_EQ(dump_json(to_json(contested())),
            R"({"id":"a-beef-1","kind":"port-contested","subject":"20100","detail":"port 20100 is leased to shop",)"
            R"("state":"raised","count":2,"since":"1970-01-01T00:00:01.000Z","last_at":"1970-01-01T00:00:02.000Z",)"
            R"("acknowledged_at":null,"resolved_at":null,"facts":{"pid":42,"cwd":"/shop"}})");
}

TEST(AlertJson, WhatIsWrittenIsRead) {
  Alert alert = contested();
  alert.state = AlertState::resolved;
  alert.acknowledged_at = TimePoint(Millis(3'000));
  alert.resolved_at = TimePoint(Millis(4'000));
  const auto read = alerts_from_json(to_json(std::vector<Alert>{alert}));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(read->at(0)), to_json(alert));
}

TEST(AlertJson, WhatANewerPortdAddsIsPassedOver) {
  Json json = to_json(contested());
  json["colour"] = "red";
  json["facts"]["tree"] = Json::array({1, 2});
  const auto read = alert_from_json(json);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->facts, contested().facts);
}

TEST(AlertJson, WhatIsMissingIsNamed) {
  Json json = to_json(contested());
  json.erase("id");
  EXPECT_NE(alert_from_json(json).error().detail.find("id"), std::string::npos);
  EXPECT_FALSE(alerts_from_json(Json::array()));
}

}  // namespace
}  // namespace portd
