#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

TEST(HealthVerb, ShowsAHealthyPortd) {
  PortcWorld world;
  world.answers = {{"GET /health", {200, R"({"status": "ok", "leases": 3, "store": {"condition": "ok"}})"}}};
  world.start_portd();
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "PORTD            IS\nstatus           ok\nleases           3\nstore.condition  ok\n");
}

TEST(HealthVerb, ExitsWithOneWhenDegraded) {
  PortcWorld world;
  world.answers = {{"GET /health", {200, R"({"status": "degraded"})"}}};
  world.start_portd();
  EXPECT_EQ(world.run({"health"}).exit, 1);
}

TEST(HealthVerb, JsonIsTheAnswer) {
  PortcWorld world;
  world.answers = {{"GET /health", {200, R"({"status":"ok","version":"0.1.0"})"}}};
  world.start_portd();
  EXPECT_EQ(world.run({"health", "--json"}).out, "{\n  \"status\": \"ok\",\n  \"version\": \"0.1.0\"\n}\n");
}

// --- of a service ---------------------------------------------------------------------------------------------------

Instance with_check(const std::string& key, Status status, const std::string& output) {
  Instance instance = test::instance_of(key, status);
  CheckReport report;
  report.check.id = "http";
  report.check.type = CheckType::http;
  report.status = status;
  report.output = output;
  report.latency = std::chrono::microseconds(1250);
  instance.checks = {report};
  return instance;
}

std::string health_of(const std::vector<Instance>& instances, Status status) {
  Json json = *parse_json(test::instances_of(instances));
  json["status"] = to_text(status);
  return dump_json(json);
}

constexpr const char* of_web = "GET /services/web/health?project=default";

TEST(HealthVerb, ShowsTheChecksOfEveryInstance) {
  PortcWorld world;
  Instance blue = with_check("web@blue", Status::critical, "connection refused\nsecond line");
  blue.reason = "http: connection refused";
  const Instance green = test::instance_of("web@green", Status::passing, 20124);
  world.answers = {{of_web, {503, health_of({blue, green}, Status::critical)}}};
  world.start_portd();
  const auto ran = world.run({"health", "web"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.out,
            "web@blue  critical  http://localhost:20123  http: connection refused\n"
            "CHECK  TYPE  STATUS    LATENCY  OUTPUT\n"
            "http   http  critical  1.2 ms   connection refused\n"
            "\n"
            "web@green  passing  http://localhost:20124\n"
            "no checks; add one with: portc register --check\n");
}

TEST(HealthVerb, PassingAndWarningAreYes) {
  const std::vector<std::tuple<Status, int, int>> cases{{Status::passing, 200, 0},
                                                        {Status::warning, 429, 0},
                                                        {Status::starting, 503, 1},
                                                        {Status::critical, 503, 1},
                                                        {Status::maintenance, 503, 1}};
  for (const auto& [status, http, exit] : cases) {
    PortcWorld world;
    world.answers = {{of_web, {http, health_of({with_check("web", status, "")}, status)}}};
    world.start_portd();
    const auto ran = world.run({"health", "web"});
    EXPECT_EQ(ran.exit, exit) << to_text(status) << ran.err;
  }
}

TEST(HealthVerb, AnUnknownServiceExitsWithThree) {
  PortcWorld world;
  world.answers = {{of_web, {404, test::problem(Problem::not_found, "web is not registered")}}};
  world.start_portd();
  const auto ran = world.run({"health", "web"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.err, "portc: web is not registered\n");
}

TEST(HealthVerb, AProblemIsNoHealth) {
  PortcWorld world;
  world.answers = {{of_web, {503, test::problem(Problem::overloaded, "too many connections; try again")}}};
  world.start_portd();
  const auto ran = world.run({"health", "web"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "portc: too many connections; try again\n");
}

TEST(HealthVerb, JsonOfAServiceIsTheAnswer) {
  PortcWorld world;
  const std::string health = health_of({with_check("web", Status::warning, "slow")}, Status::warning);
  world.answers = {{"GET /services/web/health?project=acme&instance=blue", {429, health}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"health", "acme/web@blue", "--json"}).out), *parse_json(health));
}

TEST(HealthVerb, EscapesAnOutputThatSteersTheTerminal) {
  PortcWorld world;
  Instance web = with_check("web", Status::critical, "evil\x1b[2J");
  web.reason = "\x1b]0;title\a";
  world.answers = {{of_web, {503, health_of({web}, Status::critical)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"health", "web"}).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace portd::client
