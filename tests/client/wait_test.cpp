#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::FakeAnswer;
using test::instances_of;
using test::PortcWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* web = "GET /services/web?project=default&instance=main";

Instance web_is(Status status, const std::string& reason = "") {
  Instance instance = test::instance_of("web", status);
  instance.reason = reason;
  return instance;
}

FakeAnswer answer(const Instance& instance, std::uint64_t revision) {
  return {200, instances_of({instance}, revision)};
}

FakeAnswer not_registered() { return {404, test::problem(Problem::not_found, "web is not registered")}; }

FakeAnswer broken_off() {
  FakeAnswer silence;
  silence.mute = true;
  return silence;
}

// What portd says of web's port.
FakeAnswer port_has(std::vector<Listener> listeners, Verdict verdict) {
  return {200,
          dump_json(to_json(PortReport{.port = Port(20123), .verdict = verdict, .listeners = std::move(listeners)}))};
}

Listener a_listener() { return {Protocol::tcp, "127.0.0.1", Port(20123), 1, 1000, "ada", {}}; }

TEST(WaitVerb, WhatIsHealthyNeedsNoWaiting) {
  PortcWorld world;
  world.sequences = {{web, {answer(web_is(Status::warning), 9)}}};
  world.start_portd();
  const auto ran = world.run({"wait", "web", "--healthy"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: web is warning at http://localhost:20123\n");
  EXPECT_THAT(world.portd->request_lines(), ElementsAre(web));
}

TEST(WaitVerb, TellsEveryNewReasonOnce) {
  PortcWorld world;
  const Instance starting = web_is(Status::starting);
  const Instance critical = web_is(Status::critical, "connection refused on 20123");
  world.sequences = {{web,
                      {answer(starting, 1), answer(starting, 2), answer(critical, 3), answer(critical, 4),
                       answer(web_is(Status::passing), 5)}}};
  world.start_portd();
  const auto ran = world.run({"wait", "web", "--healthy"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err,
            "portc: waiting for web: starting\n"
            "portc: waiting for web: critical, connection refused on 20123\n"
            "portc: web is passing at http://localhost:20123\n");
}

TEST(WaitVerb, BlocksAtTheRevisionOfTheLastAnswer) {
  PortcWorld world;
  world.sequences = {{web, {answer(web_is(Status::starting), 7), answer(web_is(Status::passing), 8)}}};
  world.start_portd();
  world.run({"wait", "web", "--healthy"});
  EXPECT_THAT(world.portd->request_lines(), ElementsAre(web, std::string(web) + "&wait=1s&revision=00000001-7"));
}

TEST(WaitVerb, NamesTheOutputsOfFailingChecks) {
  PortcWorld world;
  Instance critical = web_is(Status::critical, "http: timed out");
  CheckReport http;
  http.check.id = "http";
  http.status = Status::critical;
  http.output = "timed out";
  CheckReport beat;
  beat.check.id = "beat";
  beat.status = Status::critical;
  beat.output = "no heartbeat\nfor 30 s";
  critical.checks = {http, beat};
  world.sequences = {{web, {answer(critical, 1), answer(web_is(Status::passing), 2)}}};
  world.start_portd();
  EXPECT_THAT(world.run({"wait", "web", "--healthy"}).err,
              HasSubstr("waiting for web: critical, http: timed out, beat: no heartbeat\n"));
}

TEST(WaitVerb, NamesTheRootThatAffectsIt) {
  PortcWorld world;
  Instance critical = web_is(Status::critical, "http: status 500");
  critical.affected_by = {"db"};
  Instance db = test::instance_of("db", Status::critical, 27432);
  db.reason = "connection refused on 27432";
  world.sequences = {{web, {answer(critical, 1), answer(web_is(Status::passing), 2)}},
                     {"GET /services/db?project=default&instance=main", {answer(db, 1)}}};
  world.start_portd();
  EXPECT_THAT(world.run({"wait", "web", "--healthy"}).err,
              HasSubstr("waiting for web: critical, http: status 500; affected by db: critical, connection refused on "
                        "27432\n"));
}

TEST(WaitVerb, WaitsForWhatIsNotRegisteredYet) {
  for (const FakeAnswer& nothing : {not_registered(), FakeAnswer{200, instances_of({}, 1)}}) {
    PortcWorld world;
    world.sequences = {{web, {nothing, nothing, answer(web_is(Status::passing), 2)}}};
    world.start_portd();
    const auto ran = world.run({"wait", "web", "--healthy"});
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.err, HasSubstr("portc: waiting for web: not registered yet\nportc: web is passing"));
  }
}

TEST(WaitVerb, BlocksUntilItIsRegistered) {
  PortcWorld world;
  world.sequences = {{web, {not_registered(), answer(web_is(Status::passing), 2)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"wait", "web", "--healthy"}).exit, 0);
  EXPECT_THAT(world.portd->request_lines(), ElementsAre(web, std::string(web) + "&wait=1s"));
}

TEST(WaitVerb, SurvivesAPortdThatRestarts) {
  PortcWorld world;
  world.sequences = {{web,
                      {answer(web_is(Status::starting), 1), broken_off(), broken_off(),
                       FakeAnswer{503, test::problem(Problem::overloaded, "too many connections")},
                       answer(web_is(Status::passing), 2)}}};
  world.start_portd();
  const auto ran = world.run({"wait", "web", "--healthy"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err,
            "portc: waiting for web: starting\n"
            "portc: waiting for web: portd does not answer\n"
            "portc: waiting for web: too many connections\n"
            "portc: web is passing at http://localhost:20123\n");
}

TEST(WaitVerb, GivesUpWhenTheTimeIsUpAndSaysWhatWasInTheWay) {
  PortcWorld world;
  world.sequences = {{web, {answer(web_is(Status::critical, "connection refused"), 1)}}};
  world.start_portd();
  const auto ran = world.run({"wait", "web", "--healthy", "--timeout", "30ms"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("portc: gave up on web after 30ms: critical, connection refused\n"));
}

TEST(WaitVerb, AZeroTimeoutOnlyLooks) {
  PortcWorld world;
  world.sequences = {{web, {not_registered()}}};
  world.start_portd();
  EXPECT_EQ(world.run({"wait", "web", "--timeout", "0s"}).exit, 1);
  EXPECT_EQ(world.portd->requests().size(), 1U);
}

TEST(WaitVerb, WithoutHealthyListeningIsEnough) {
  PortcWorld world;
  world.sequences = {{web, {answer(web_is(Status::critical), 1)}},
                     {"GET /ports/20123",
                      {port_has({}, Verdict::reserved), port_has({a_listener()}, Verdict::contested),
                       port_has({a_listener()}, Verdict::listening)}}};
  world.start_portd();
  const auto ran = world.run({"wait", "web"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err,
            "portc: waiting for web: nobody listens on its port 20123\n"
            "portc: waiting for web: another program listens on its port 20123\n"
            "portc: web is running at http://localhost:20123\n");
}

TEST(WaitVerb, WithoutHealthyACheckThatPassesIsEnough) {
  PortcWorld world;
  Instance instance = web_is(Status::critical);
  CheckReport passing;
  passing.status = Status::passing;
  passing.check.id = "tcp";
  instance.checks = {passing};
  world.sequences = {{web, {answer(instance, 1)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"wait", "web"}).exit, 0);
  EXPECT_EQ(world.portd->requests().size(), 1U);
}

TEST(WaitVerb, JsonIsTheInstance) {
  PortcWorld world;
  world.sequences = {{web, {answer(web_is(Status::passing), 1)}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"wait", "web", "--healthy", "--json"}).out), to_json(web_is(Status::passing)));
}

TEST(WaitVerb, WhatCannotBetterItselfIsNotWaitedFor) {
  PortcWorld world;
  world.sequences = {{web, {FakeAnswer{403, test::problem(Problem::forbidden, "not yours")}}}};
  world.start_portd();
  EXPECT_EQ(world.run({"wait", "web"}).exit, 77);
  EXPECT_EQ(world.run({"wait"}).exit, 2);
  EXPECT_EQ(world.run({"wait", "web", "--timeout", "soon"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
