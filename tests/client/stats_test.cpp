#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

constexpr const char* stats_of_a_day = R"({"window": "24h", "since": "2026-11-24T13:02:05.678Z", "grants": 12,
  "releases": 1, "expired": 0, "moves": 1, "conflicts": 2, "leases": {"reserved": 1, "listening": 2, "contested": 0},
  "ports": {"leased": 3, "listening": 2, "foreign": 9},
  "services": [{"project": "default", "service": "web", "instance": "blue", "uptime": 0.9993, "checks": 100,
                "failures": 1, "latency_ms": {"avg": 1.25, "max": 20.0, "p50": 1.0, "p95": 3.5}},
               {"project": "acme", "service": "db", "instance": "main", "uptime": null, "checks": 0, "failures": 0,
                "latency_ms": null}],
  "occupancy": []})";

TEST(StatsVerb, ShowsCountsPortsAndServices) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  PortcWorld world;
  world.answers = {{"GET /stats?window=24h", {200, stats_of_a_day}}};
  world.start_portd();
  const auto ran = world.run({"stats"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "since 2026-11-24 13:02:05: 12 grants, 1 release, 0 expired, 1 move, 2 conflicts\n"
            "ports now: 3 leased, 2 of them listening, 9 foreign\n"
            "SERVICE   UPTIME   CHECKS  FAILURES  AVG     P95     MAX\n"
            "web@blue  99.93 %  100     1         1.2 ms  3.5 ms  20.0 ms\n"
            "acme/db   -        0       0         -       -       -\n");
}

TEST(StatsVerb, TheWindowIsADuration) {
  PortcWorld world;
  world.answers = {{"GET /stats?window=7d", {200, stats_of_a_day}}};
  world.start_portd();
  EXPECT_EQ(world.run({"stats", "--window", "7d"}).exit, 0);
  const auto ran = world.run({"stats", "--window", "week"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err, "portc: --window is a duration such as 24h or 7d, not \"week\"\n");
}

TEST(StatsVerb, JsonIsTheAnswer) {
  PortcWorld world;
  world.answers = {{"GET /stats?window=24h", {200, stats_of_a_day}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"stats", "--json"}).out), *parse_json(stats_of_a_day));
}

}  // namespace
}  // namespace portd::client
