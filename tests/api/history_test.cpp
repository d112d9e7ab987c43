// GET /history and GET /stats: parameters, shapes, and an archive that fails.
#include <gmock/gmock.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

core::HistoryEntry foreign_entry(TimePoint from) {
  core::HistoryEntry entry{Port(5432), Protocol::tcp, from};
  entry.what = core::Possession::listener;
  entry.verdict = Verdict::foreign;
  entry.pid = 42;
  entry.command = "postgres";
  entry.cwd = "/var/lib";
  entry.user = "postgres";
  entry.reason = "listening";
  return entry;
}

TEST(History, IsAnsweredAsItWasRecorded) {
  ApiWorld world;
  const TimePoint from = world.leases.clock.now().wall;
  core::HistoryEntry lease{Port(20001), Protocol::both, from, from + 5s};
  lease.key = Key{"acme", "shop", "main", "http"};
  lease.lease = "7-1";
  lease.reason = "released";
  world.history.page = core::HistoryPage{{foreign_entry(from), lease}, true};
  const Answer answer = world.ask("GET", "/history");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("truncated"), true);
  EXPECT_EQ(answer.json().at("entries").at(0), (Json{{"port", 5432},
                                                     {"protocol", "tcp"},
                                                     {"from", to_rfc3339(from)},
                                                     {"until", nullptr},
                                                     {"what", "listener"},
                                                     {"verdict", "foreign"},
                                                     {"project", nullptr},
                                                     {"service", nullptr},
                                                     {"instance", nullptr},
                                                     {"role", nullptr},
                                                     {"lease", nullptr},
                                                     {"pid", 42},
                                                     {"command", "postgres"},
                                                     {"cwd", "/var/lib"},
                                                     {"user", "postgres"},
                                                     {"reason", "listening"}}));
  const Json second = answer.json().at("entries").at(1);
  EXPECT_EQ(second.at("until"), to_rfc3339(from + 5s));
  EXPECT_EQ(second.at("service"), "shop");
  EXPECT_EQ(second.at("lease"), "7-1");
  EXPECT_EQ(second.at("pid"), nullptr);
}

TEST(History, EveryParameterIsAskedFor) {
  ApiWorld world;
  world.ask("GET",
            "/history?port=5432&project=acme&service=shop&instance=main&limit=7&since=2020-11-24T03:04:05Z"
            "&until=2020-11-24T04:04:05Z");
  const core::HistoryQuery& asked = world.history.asked;
  EXPECT_EQ(asked.port, Port(5432));
  EXPECT_EQ(asked.project, "acme");
  EXPECT_EQ(asked.service, "shop");
  EXPECT_EQ(asked.instance, "main");
  EXPECT_EQ(asked.limit, 7U);
  EXPECT_EQ(asked.since, parse_rfc3339("2020-11-24T03:04:05Z").value());
  EXPECT_EQ(*asked.until - *asked.since, 1h);
}

TEST(History, AMomentMayBeADurationAgo) {
  ApiWorld world;
  world.ask("GET", "/history?at=2h");
  EXPECT_EQ(world.history.asked.since, world.leases.clock.now().wall - 2h);
  EXPECT_EQ(world.history.asked.until, world.history.asked.since);
  world.ask("GET", "/history");
  EXPECT_FALSE(world.history.asked.since);
  EXPECT_EQ(world.history.asked.limit, 200U);
}

TEST(History, WhatCannotBeMeantIs422AndNamesTheField) {
  ApiWorld world;
  const std::vector<std::pair<std::string, std::string>> cases{{"port=0", "port"},
                                                               {"port=70000", "port"},
                                                               {"port=x", "port"},
                                                               {"service=NO", "service"},
                                                               {"since=yesterday", "since"},
                                                               {"until=14:02", "until"},
                                                               {"at=", "at"},
                                                               {"at=1h&since=2h", "at"},
                                                               {"at=2100-01-01T00:00:00Z", "at"},
                                                               {"since=2100-01-01T00:00:00Z", "since"},
                                                               {"since=1h&until=2h", "since"},
                                                               {"limit=0", "limit"},
                                                               {"limit=1001", "limit"},
                                                               {"limit=-1", "limit"},
                                                               {"prot=5432", "prot"}};
  for (const auto& [query, field] : cases) {
    const Answer answer = world.ask("GET", "/history?" + query);
    EXPECT_EQ(answer.status, 422) << query;
    EXPECT_EQ(answer.json().at("field"), field) << query;
  }
}

TEST(History, AnArchiveThatFailsIs503WithTheNextStep) {
  ApiWorld world;
  world.history.page = Error{Problem::store_unavailable, "portd keeps no history: set history.enabled to true"};
  world.history.sums = Error{Problem::store_unavailable, "portd keeps no history: set history.enabled to true"};
  for (const char* path : {"/history", "/stats"}) {
    const Answer answer = world.ask("GET", path);
    EXPECT_EQ(answer.status, 503) << path;
    EXPECT_EQ(answer.problem(), "store-unavailable") << path;
    EXPECT_THAT(answer.body, HasSubstr("history.enabled")) << path;
  }
}

TEST(History, NobodyWaitsForAReaderOfASlowArchive) {
  ApiWorld world;
  world.history.slow = true;
  RawClient reader = world.client();
  reader.send(world.request("GET", "/history"));
  world.run_until([&world] { return static_cast<bool>(world.history.answer_now); });
  EXPECT_EQ(world.ask("POST", "/ports", R"({"service":"shop"})").status, 201);
  world.history.page = core::HistoryPage{{foreign_entry(world.leases.clock.now().wall)}, false};
  world.history.answer_now();
  const Answer answer = reader.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("entries").size(), 1U);
}

TEST(Stats, TellsWhatWasCountedAndHowItIsNow) {
  ApiWorld world;
  const TimePoint now = world.leases.clock.now().wall;
  const Lease lease = world.leases.granted("shop");
  world.leases.granted("api");
  world.leases.leases.set_state(lease.port, LeaseState::listening);
  core::ServiceSample web{InstanceKey{"default", "web", "main"}, 10, 1, 1000s, 999s};
  web.latencies.add(2ms);
  web.latencies.add(4ms);
  world.history.sums = core::Statistics{{7, 3, 1, 2, 4}, {web}, {{now, {2, 1, 9}}}};
  const Answer answer = world.ask("GET", "/stats?window=1h");
  EXPECT_EQ(answer.status, 200);
  const Json json = answer.json();
  EXPECT_EQ(json.at("window"), "1h");
  EXPECT_EQ(json.at("since"), to_rfc3339(now - 1h));
  EXPECT_EQ(json.at("grants"), 7);
  EXPECT_EQ(json.at("releases"), 3);
  EXPECT_EQ(json.at("expired"), 1);
  EXPECT_EQ(json.at("moves"), 2);
  EXPECT_EQ(json.at("conflicts"), 4);
  EXPECT_EQ(json.at("leases"), (Json{{"reserved", 1}, {"listening", 1}, {"contested", 0}}));
  EXPECT_EQ(json.at("ports"), (Json{{"leased", 2}, {"listening", 1}, {"foreign", 0}}));
  const Json service = json.at("services").at(0);
  EXPECT_EQ(service.at("uptime"), 0.999);
  EXPECT_EQ(service.at("checks"), 10);
  EXPECT_EQ(service.at("failures"), 1);
  EXPECT_EQ(service.at("latency_ms").at("avg"), 3.0);
  EXPECT_EQ(service.at("latency_ms").at("max"), 4.0);
  EXPECT_EQ(json.at("occupancy").at(0),
            (Json{{"at", to_rfc3339(now)}, {"leased", 2}, {"listening", 1}, {"foreign", 9}}));
}

TEST(Stats, AServiceThatWasNotWatchedHasNoUptime) {
  ApiWorld world;
  world.history.sums = core::Statistics{{}, {core::ServiceSample{InstanceKey{"default", "web", "main"}}}, {}};
  const Json service = world.ask("GET", "/stats").json().at("services").at(0);
  EXPECT_EQ(service.at("uptime"), nullptr);
  EXPECT_EQ(service.at("latency_ms"), nullptr);
  EXPECT_EQ(world.history.asked_sum.window, Millis(24h));
}

TEST(Stats, TheRunningMinuteIsHandedOverFirst) {
  ApiWorld world;
  world.ask("GET", "/stats");
  EXPECT_EQ(world.history.all<core::MinuteSample>().size(), 1U);
}

TEST(Stats, AWindowThatIsNoneIs422) {
  ApiWorld world;
  for (const char* window : {"0s", "1s", "x", "24", "4000d", ""}) {
    EXPECT_EQ(world.ask("GET", std::string("/stats?window=") + window).status, 422) << window;
  }
}

TEST(Stats, AGrantThatIsRefusedForItsPortIsAConflict) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const std::string body = R"({"service":"api","on_conflict":"fail","port":)" + lease.port.text() + "}";
  EXPECT_EQ(world.ask("POST", "/ports", body).status, 409);
  world.recorder.hand_over(world.leases.clock.now());
  EXPECT_EQ(world.history.all<core::MinuteSample>().at(0).changes.conflicts, 1U);
}

}  // namespace
}  // namespace portd::test
