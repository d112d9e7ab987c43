#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <sstream>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::FakeAnswer;
using test::PortcWorld;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* events = "GET /events";

// One event as portd sends it.
std::string sent(const std::string& event, int number, const std::string& facts) {
  const std::string revision = "00000001-" + std::to_string(number);
  return "event: " + event + "\nid: " + revision + "\ndata: {\"event\":\"" + event + "\",\"revision\":\"" + revision +
         "\",\"at\":\"2026-11-24T03:00:00.000Z\"" + (facts.empty() ? "" : "," + facts) + "}\n\n";
}

std::string granted(int number) {
  return sent("lease.granted", number, "\"lease\":" + dump_json(to_json(test::lease_of("shop", 20123))));
}

std::string critical(int number) {
  return sent("service.status", number,
              R"("service":{"project":"default","service":"web","instance":"blue","url":"http://localhost:20124",)"
              R"("port":20124,"status":"critical","previous":"passing","reason":"connection refused",)"
              R"("affected_by":["db"],"tags":[]})");
}

FakeAnswer stream(const std::string& body) {
  FakeAnswer answer{200, body};
  answer.endless = true;
  return answer;
}

// A portd that sends these streams, one after the other.
void send(PortcWorld& world, const std::vector<std::string>& streams) {
  for (const std::string& body : streams) world.sequences[events].push_back(stream(body));
  world.start_portd();
}

TEST(EventsVerb, PrintsALineAnEvent) {
  PortcWorld world;
  send(world,
       {": welcome\n\n" + granted(1) + critical(2) +
        sent("check.status", 3,
             R"("check":{"project":"default","service":"web","instance":"main","id":"http","type":"http",)"
             R"("status":"warning","previous":"starting","output":"status 429\nslow down"})") +
        sent("alert.raised", 4, R"("alert":{"kind":"service-critical","subject":"db","detail":"db is critical"})") +
        sent("config.reloaded", 5, "") + sent("reset", 6, R"("reason":"the past is gone")")});
  const auto ran = world.run({"events", "--count", "6"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      "2026-11-24T03:00:00.000Z  lease.granted         shop  port 20123, reserved, sticky\n"
      "2026-11-24T03:00:00.000Z  service.status        web@blue  critical (was passing), connection refused, affected "
      "by db, http://localhost:20124\n"
      "2026-11-24T03:00:00.000Z  check.status          web  http warning (was starting), status 429\n"
      "2026-11-24T03:00:00.000Z  alert.raised          db  service-critical, db is critical\n"
      "2026-11-24T03:00:00.000Z  config.reloaded\n"
      "2026-11-24T03:00:00.000Z  reset                 the past is gone\n");
}

TEST(EventsVerb, GoesOnWhereItWasWhenTheConnectionBreaks) {
  PortcWorld world;
  send(world, {granted(1) + granted(2) + "event: half\nid: 00000001-99\nda", "", granted(3)});
  const auto ran = world.run({"events", "--count", "3"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto requests = world.portd->requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_THAT(requests[0].head, Not(HasSubstr("Last-Event-ID")));
  EXPECT_THAT(requests[0].head, HasSubstr("\r\nAccept: text/event-stream\r\n"));
  EXPECT_THAT(requests[1].head, HasSubstr("\r\nLast-Event-ID: 00000001-2\r\n"));
  EXPECT_THAT(requests[2].head, HasSubstr("\r\nLast-Event-ID: 00000001-2\r\n"));
}

TEST(EventsVerb, SinceIsTheFirstLastEventId) {
  PortcWorld world;
  send(world, {"", granted(8)});
  world.run({"events", "--since", "00000001-7", "--count", "1"});
  for (const auto& request : world.portd->requests()) {
    EXPECT_THAT(request.head, HasSubstr("\r\nLast-Event-ID: 00000001-7\r\n"));
  }
}

TEST(EventsVerb, ShowsOnlyWhatWasAskedForAndEveryGap) {
  PortcWorld world;
  send(world, {granted(1) + critical(2) + sent("reset", 3, "") + sent("alert.raised", 4, "")});
  const auto ran = world.run({"events", "--event", "service.*", "--event", "alert.raised", "--count", "3"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, Not(HasSubstr("lease.granted")));
  EXPECT_THAT(ran.out, HasSubstr("service.status"));
  EXPECT_THAT(ran.out, HasSubstr("reset"));
  EXPECT_THAT(ran.out, HasSubstr("alert.raised"));
}

TEST(EventsVerb, JsonIsTheDataOfEachOnALineOfItsOwn) {
  PortcWorld world;
  send(world, {granted(1) + critical(2)});
  const auto ran = world.run({"events", "--json", "--count", "2"});
  std::istringstream lines(ran.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(parse_json(line)->at("lease"), to_json(test::lease_of("shop", 20123)));
  std::getline(lines, line);
  EXPECT_EQ(parse_json(line)->at("service").at("status"), "critical");
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(EventsVerb, WhatItDoesNotKnowIsShownAsFarAsItGoes) {
  PortcWorld world;
  send(world, {sent("tunnel.opened", 1, "") + "event: lease.state\ndata: {\"lease\": 1}\n\n" +
               "event: service.status\ndata: []\n\n" + "data: not json\n\n" + granted(2)});
  const auto ran = world.run({"events", "--count", "4"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("tunnel.opened\n"));
  EXPECT_EQ(ran.err, "portc: portd sent an event that is not JSON: \"not json\"\n");
}

TEST(EventsVerb, AStatusThatStayedIsToldOnce) {
  PortcWorld world;
  send(world, {sent("service.status", 1,
                    R"("service":{"project":"default","service":"web","instance":"main","status":"passing",)"
                    R"("previous":"passing","reason":null,"affected_by":["db"]})")});
  EXPECT_THAT(world.run({"events", "--count", "1"}).out, HasSubstr("web  passing, affected by db\n"));
}

TEST(EventsVerb, ATimeThatIsMissingLeavesItsColumn) {
  PortcWorld world;
  send(world, {"event: reset\nid: 00000002-0\ndata: {\"reason\": \"another epoch\"}\n\n"});
  EXPECT_EQ(world.run({"events", "--count", "1"}).out, std::string(26, ' ') + "reset                 another epoch\n");
}

TEST(EventsVerb, EscapesWhatSteersTheTerminal) {
  PortcWorld world;
  send(world, {sent("alert.raised", 1, R"("alert":{"kind":"\u001b[2J","subject":"\u001b[2J","detail":"\u009b"})")});
  EXPECT_THAT(world.run({"events", "--count", "1"}).out, Not(HasSubstr("\x1b")));
}

TEST(EventsVerb, ColoursAStatusOnATerminal) {
  PortcWorld world;
  world.environment.colour = true;
  send(world, {critical(1)});
  EXPECT_THAT(world.run({"events", "--count", "1"}).out, HasSubstr("\x1b[31mcritical\x1b[0m (was passing)"));
}

// A pipe whose reader is gone.
class ClosedOutput : public std::streambuf {
 protected:
  int sync() override { return -1; }
  int_type overflow(int_type) override { return traits_type::eof(); }
};

TEST(EventsVerb, EndsWellWhenNobodyReadsItAnyMore) {
  PortcWorld world;
  send(world, {granted(1) + granted(2)});
  ClosedOutput closed;
  std::ostream out(&closed);
  std::ostringstream err;
  EXPECT_EQ(run_portc({"events"}, out, err, world.environment), 0);
  EXPECT_EQ(err.str(), "");
}

TEST(EventsVerb, AProblemEndsIt) {
  PortcWorld world;
  world.answers = {{events, {403, test::problem(Problem::forbidden, "not yours")}}};
  world.start_portd();
  const auto ran = world.run({"events"});
  EXPECT_EQ(ran.exit, 77);
  EXPECT_EQ(ran.err, "portc: not yours\n");
}

TEST(EventsVerb, RefusesAPatternThatNoEventMatches) {
  const PortcWorld world;
  const auto ran = world.run({"events", "--event", "service.statsu"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"service.status\"?"));
  EXPECT_EQ(world.run({"events", "--event", "leases.*"}).exit, 2);
  EXPECT_EQ(world.run({"events", "--since", "1\r\nHost: evil"}).exit, 2);
  EXPECT_EQ(world.run({"events", "--count", "0"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
