#include <gtest/gtest.h>

#include "common/alert_json.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

Alert alert_of(const std::string& id, AlertState state) {
  Alert alert;
  alert.id = id;
  alert.subject = "20100";
  alert.detail = "taken by \x1b[31mpid 42";
  alert.state = state;
  return alert;
}

std::string two_alerts() {
  return dump_json(
      to_json(std::vector{alert_of("a-1-2", AlertState::raised), alert_of("a-1-1", AlertState::resolved)}));
}

TEST(AlertsVerb, ListsWhatIsNotResolvedEscaped) {
  PortcWorld world;
  world.answers = {{"GET /alerts", {200, two_alerts()}}};
  world.start_portd();
  const auto ran = world.run({"alerts"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "ID     KIND            SUBJECT  STATE   COUNT  SINCE                     DETAIL\n"
            "a-1-2  port-contested  20100    raised  1      1970-01-01T00:00:00.000Z  taken by \\x1b[31mpid 42\n");
}

TEST(AlertsVerb, ListsAllAndAsJson) {
  PortcWorld world;
  world.answers = {{"GET /alerts", {200, two_alerts()}}};
  world.start_portd();
  EXPECT_NE(world.run({"alerts", "--all"}).out.find("a-1-1  port-contested  20100    resolved"), std::string::npos);
  EXPECT_EQ(*parse_json(world.run({"alerts", "--all", "--json"}).out), *parse_json(two_alerts()));
  EXPECT_EQ(parse_json(world.run({"alerts", "--json"}).out)->at("alerts").size(), 1U);
}

TEST(AlertsVerb, SaysWhenThereAreNone) {
  PortcWorld world;
  world.answers = {{"GET /alerts", {200, R"({"alerts": []})"}}};
  world.start_portd();
  EXPECT_EQ(world.run({"alerts"}).err, "portc: no alerts; those resolved: --all\n");
}

TEST(AlertsVerb, AcknowledgesOne) {
  PortcWorld world;
  const std::string answer = dump_json(to_json(alert_of("a-1-2", AlertState::acknowledged)));
  world.answers = {{"POST /alerts/a-1-2/ack", {200, answer}},
                   {"POST /alerts/a-1-9/ack", {404, test::problem(Problem::not_found, "there is no such alert")}}};
  world.start_portd();
  EXPECT_NE(world.run({"alerts", "ack", "a-1-2"}).out.find("acknowledged"), std::string::npos);
  EXPECT_EQ(*parse_json(world.run({"alerts", "ack", "a-1-2", "--json"}).out), *parse_json(answer));
  EXPECT_EQ(world.run({"alerts", "ack", "a-1-9"}).exit, 3);
}

TEST(AlertsVerb, NeedsAnIdToAcknowledge) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"alerts", "ack"}).exit, 2);
  EXPECT_EQ(world.run({"alerts", "ack", "../ports"}).exit, 2);
  EXPECT_EQ(world.run({"alerts", "ack", "a-1-2", "--all"}).exit, 2);
  EXPECT_EQ(world.run({"alerts", "shout"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
