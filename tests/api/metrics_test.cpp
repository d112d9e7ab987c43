#include <gtest/gtest.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

std::string figures_of(ApiWorld& world) { return world.ask("GET", "/metrics").body; }

bool counts(ApiWorld& world, const std::string& labels, int times) {
  const std::string line = "\nportd_http_requests_total{" + labels + "} " + std::to_string(times) + "\n";
  return figures_of(world).find(line) != std::string::npos;
}

TEST(MetricsRoute, IsTextOfPrometheus) {
  ApiWorld world;
  const Answer answer = world.ask("GET", "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer.body.find("# TYPE portd_leases gauge\n"), std::string::npos);
  EXPECT_EQ(world.ask("GET", "/metrics?format=json").status, 422);
}

TEST(MetricsRoute, CountsAnAnswerAtTheRouteThatGaveIt) {
  ApiWorld world;
  world.ask("GET", "/health");
  world.ask("HEAD", "/health");
  world.ask("GET", "/ports/20000");
  world.ask("GET", "/ports/nonsense");
  EXPECT_TRUE(counts(world, R"(method="GET",route="/health",status="200")", 2));
  EXPECT_TRUE(counts(world, R"(method="GET",route="/ports/{port}",status="200")", 1));
  EXPECT_TRUE(counts(world, R"(method="GET",route="/ports/{port}",status="422")", 1));
}

TEST(MetricsRoute, CountsWhatTheGateRefusedAtTheRouteThatItWasFor) {
  ApiWorld world;
  world.ask("GET", "/health", "", "Origin: http://evil.example\r\n");
  EXPECT_TRUE(counts(world, R"(method="GET",route="/health",status="403")", 1));
}

TEST(MetricsRoute, CountsWhatLeadsNowhereTogether) {
  ApiWorld world;
  world.ask("GET", "/nowhere");
  world.ask("GET", "/nowhere/else");
  world.ask("DELETE", "/health");
  world.ask_raw("NONSENSE\r\n\r\n");
  EXPECT_TRUE(counts(world, R"(method="other",route="none",status="404")", 2));
  EXPECT_TRUE(counts(world, R"(method="other",route="none",status="405")", 1));
  EXPECT_TRUE(counts(world, R"(method="other",route="none",status="400")", 1));
}

TEST(MetricsRoute, CountsTheHostsOfServicesTogether) {
  ApiWorld world;
  for (const std::string name : {"shop", "web"}) {
    world.ask_raw("GET / HTTP/1.1\r\nHost: " + name + ".localhost:" + std::to_string(world.port) + "\r\n\r\n");
  }
  EXPECT_TRUE(counts(world, R"(method="GET",route="name",status="404")", 2)) << figures_of(world);
}

}  // namespace
}  // namespace portd::test
