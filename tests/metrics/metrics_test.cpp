#include "daemon/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include "tests/support/service_world.hpp"

namespace portd::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TimePoint started{Millis(1'700'000'000'500)};

struct MetricsWorld : test::ServiceWorld {
  Metrics metrics{started};

  std::string text() const { return metrics.text({leases, registry, health, alerts}); }
  bool has(const std::string& line) const { return ("\n" + text()).find("\n" + line + "\n") != std::string::npos; }
};

TEST(Metrics, AnAnswerCountsAtItsRouteAndStatus) {
  MetricsWorld world;
  Requests requests = world.metrics.requests({{"GET", "/ports"}, {"GET", "/ports/{port}"}});
  requests.answered(1, 200, milliseconds(1));
  requests.answered(1, 200, milliseconds(1));
  requests.answered(1, 422, milliseconds(1));
  EXPECT_TRUE(world.has(R"(portd_http_requests_total{method="GET",route="/ports/{port}",status="200"} 2)"));
  EXPECT_TRUE(world.has(R"(portd_http_requests_total{method="GET",route="/ports/{port}",status="422"} 1)"));
  EXPECT_EQ(world.text().find(R"(route="/ports",)"), std::string::npos) << "what was not asked for has no series";
}

TEST(Metrics, TheTimeOfAnAnswerFallsIntoItsBucket) {
  MetricsWorld world;
  Requests requests = world.metrics.requests({{"GET", "/ports"}});
  requests.answered(0, 200, microseconds(700));
  EXPECT_TRUE(world.has(R"(portd_http_request_duration_seconds_bucket{method="GET",route="/ports",le="0.0005"} 0)"));
  EXPECT_TRUE(world.has(R"(portd_http_request_duration_seconds_bucket{method="GET",route="/ports",le="0.001"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_http_request_duration_seconds_sum{method="GET",route="/ports"} 0.0007)"));
}

TEST(Metrics, AStreamIsCountedAndNotTimed) {
  MetricsWorld world;
  Requests requests = world.metrics.requests({{"GET", "/events", false}});
  requests.answered(0, 200, milliseconds(1));
  EXPECT_TRUE(world.has(R"(portd_http_requests_total{method="GET",route="/events",status="200"} 1)"));
  EXPECT_EQ(world.text().find("portd_http_request_duration_seconds"), std::string::npos);
}

TEST(Metrics, TwoServersCountInTheSameSeries) {
  MetricsWorld world;
  Requests one = world.metrics.requests({{"GET", "/ports"}});
  Requests other = world.metrics.requests({{"GET", "/ports"}});
  one.answered(0, 200, {});
  other.answered(0, 200, {});
  EXPECT_TRUE(world.has(R"(portd_http_requests_total{method="GET",route="/ports",status="200"} 2)"));
}

TEST(Metrics, CommitsHaveSizesAndTimes) {
  MetricsWorld world;
  world.metrics.commits().committed(3, milliseconds(2));
  world.metrics.commits().committed(1, milliseconds(30));
  EXPECT_TRUE(world.has("portd_store_changes_total 4"));
  EXPECT_TRUE(world.has(R"(portd_store_commit_changes_bucket{le="1"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_store_commit_changes_bucket{le="4"} 2)"));
  EXPECT_TRUE(world.has(R"(portd_store_commit_duration_seconds_bucket{le="0.0025"} 1)"));
  EXPECT_TRUE(world.has("portd_store_commit_duration_seconds_count 2"));
}

TEST(Metrics, ReadersOfEventsAreCountedWhileTheyAre) {
  MetricsWorld world;
  {
    const Events::Reader one(world.metrics.events());
    const Events::Reader two(world.metrics.events());
    EXPECT_TRUE(world.has("portd_event_readers 2"));
  }
  EXPECT_TRUE(world.has("portd_event_readers 0"));
}

TEST(Metrics, EveryEventHasACounterFromTheStart) {
  MetricsWorld world;
  world.events.on_published([&world](const core::Event& event) { world.metrics.events().published(event); });
  for (const auto& [kind, word] : Words<core::EventKind>::table) {
    EXPECT_TRUE(world.has("portd_events_total{event=\"" + std::string(word) + "\"} 0"));
  }
  world.granted("shop");
  world.journal.commit();
  EXPECT_TRUE(world.has(R"(portd_events_total{event="lease.granted"} 1)"));
}

TEST(Metrics, LeasesAreCountedByStateAndKind) {
  MetricsWorld world;
  const Lease lease = world.granted("shop");
  world.granted("api");
  world.leases.set_state(lease.port, LeaseState::contested);
  EXPECT_TRUE(world.has(R"(portd_leases{state="contested"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_leases{state="reserved"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_leases{state="listening"} 0)"));
  EXPECT_TRUE(world.has(R"(portd_lease_kinds{kind="sticky"} 2)"));
}

TEST(Metrics, ServicesAndChecksAreCountedByStatus) {
  MetricsWorld world;
  ASSERT_TRUE(world.declare("web", world.with(world.check(CheckType::tcp))));
  ASSERT_TRUE(world.declare("db", world.with(world.check(CheckType::tcp))));
  world.journal.commit();
  world.becomes_critical("web");
  EXPECT_TRUE(world.has(R"(portd_services{status="critical"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_services{status="starting"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_checks{status="critical"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_alerts{kind="service-critical"} 1)"));
  EXPECT_TRUE(world.has(R"(portd_alerts{kind="port-contested"} 0)"));
}

TEST(Metrics, TheProcessIsDescribed) {
  const MetricsWorld world;
  EXPECT_TRUE(world.has("process_start_time_seconds 1700000000.5"));
  EXPECT_TRUE(world.has(std::string("portd_build_info{version=\"") + PORTD_VERSION + "\"} 1"));
  for (const char* name : {"process_cpu_seconds_total", "process_open_fds", "process_max_fds"}) {
    EXPECT_NE(world.text().find(std::string("\n") + name + " "), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace portd::metrics
