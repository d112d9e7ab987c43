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

}  // namespace
}  // namespace portd::client
