#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::PortcWorld;
using ::testing::HasSubstr;
using ::testing::Not;

PortsReport machine_of_top() {
  Holder process{{"", 17, 1}, "node server.js", "/srv", {}};
  Listener one{Protocol::tcp, "127.0.0.1", Port(3000), 1, 1000, "ada", process};
  return {{lease_of("web", 20001)}, {{Port(3000), Verdict::foreign, {}, {one}}}, {1, 9}};
}

void serve_top(PortcWorld& world) {
  world.environment.user = "ada";
  world.answers = {{"GET /health", {200, R"({"status": "ok", "version": "0.6.0"})"}},
                   {"GET /ports?all=true", {200, dump_json(to_json(machine_of_top()))}},
                   {"GET /services", {200, R"({"services": [], "revision": "00000001-9"})"}},
                   {"GET /alerts?state=raised", {200, R"({"alerts": [{}, {}]})"}}};
}

TEST(TopVerb, WithoutATerminalItPrintsOneFrame) {
  PortcWorld world;
  serve_top(world);
  world.start_portd();
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{{"top"}, {"top", "--once"}}) {
    const auto ran = world.run(line);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ran.out,
              "portd 0.6.0 ok | 2 alerts | 1 lease: 1 reserved | 0 services | 1 foreign\n"
              "SERVICE  INSTANCE  PORT   STATE     STATUS  LATENCY  PID  COMMAND\n"
              "web      main      20001  reserved  -       -        -    -\n");
  }
}

TEST(TopVerb, AllShowsForeignListeners) {
  PortcWorld world;
  serve_top(world);
  world.start_portd();
  EXPECT_THAT(world.run({"top", "--all"}).out, HasSubstr("3000   foreign"));
}

TEST(TopVerb, APortdThatKnowsNoAlertsIsShownWithoutThem) {
  PortcWorld world;
  serve_top(world);
  world.answers["GET /alerts?state=raised"] = {404, test::problem(Problem::not_found, "no such path")};
  world.start_portd();
  const auto ran = world.run({"top"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, Not(HasSubstr("alert")));
}

TEST(TopVerb, AContestedLeaseShowsWhoIsOnItsPort) {
  PortcWorld world;
  serve_top(world);
  PortsReport all = machine_of_top();
  all.leases.front().state = LeaseState::contested;
  PortReport report = all.foreign.front();
  report.port = all.leases.front().port;
  report.verdict = Verdict::contested;
  world.answers["GET /ports?all=true"] = {200, dump_json(to_json(all))};
  world.answers["GET /ports/20001"] = {200, dump_json(to_json(report))};
  world.start_portd();
  EXPECT_THAT(world.run({"top"}).out,
              HasSubstr("web      main      20001  contested  -       -        17   node server.js"));
  const Json shown = *parse_json(world.run({"top", "--json"}).out);
  EXPECT_EQ(shown.at("contested").at(0).at("listeners").at(0).at("pid"), 17);
}

TEST(TopVerb, JsonIsWhatPortdSent) {
  PortcWorld world;
  serve_top(world);
  world.start_portd();
  const Json shown = *parse_json(world.run({"top", "--json"}).out);
  EXPECT_EQ(shown.at("health").at("version"), "0.6.0");
  EXPECT_EQ(shown.at("ports"), to_json(machine_of_top()));
  EXPECT_TRUE(shown.at("services").at("services").empty());
}

TEST(TopVerb, IsNotFollowedByTheFirstLook) {
  PortcWorld world;
  serve_top(world);
  world.environment.terminals = {false, true, true};
  world.start_portd();
  EXPECT_EQ(world.run({"top"}).err, "");
  EXPECT_FALSE(std::filesystem::exists(world.home / "state" / "first-look"));
}

}  // namespace
}  // namespace portd::client
