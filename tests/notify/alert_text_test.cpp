#include "daemon/notify/alert_text.hpp"

#include "common/json.hpp"
#include "tests/notify/alert_number.hpp"

namespace portd::notify {
namespace {

TEST(AlertText, TheLogHasItOnOneLineAsKeysAndValues) {
  Alert alert = test::alert_number(1);
  alert.detail = "taken by \x1b[31m\nlevel=error \"me\"";
  alert.facts = {{"pid", std::int64_t{42}}, {"cwd", "/a b"}};
  EXPECT_EQ(log_line(alert),
            "alert raised id=a-beef-1 kind=port-contested subject=\"20100\" "
            R"(detail="taken by \x1b[31m\x0alevel=error \"me\"" pid=42 cwd="/a b")");
}

TEST(AlertText, ADeliveryIsOneChangeOfOneAlert) {
  EXPECT_EQ(delivery_id(test::alert_number(7)), "a-beef-7-raised");
  EXPECT_EQ(delivery_id(test::alert_number(7, AlertState::resolved)), "a-beef-7-resolved");
}

TEST(AlertText, TheWebhookGetsTheWholeAlertAndWhereItIsFrom) {
  const Json body = *parse_json(webhook_body(test::alert_number(7, AlertState::acknowledged), "desk"));
  EXPECT_EQ(body.at("event"), "alert.acknowledged");
  EXPECT_EQ(body.at("host"), "desk");
  EXPECT_EQ(body.at("alert").at("id"), "a-beef-7");
}

}  // namespace
}  // namespace portd::notify
