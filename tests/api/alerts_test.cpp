// GET /alerts, POST /alerts/{id}/ack.
#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

struct AlertsWorld : ApiWorld {
  void raise(AlertKind kind, const std::string& subject) {
    leases.alerts.raise(kind, subject, subject + " is low", leases.clock.now().wall, {{"left", std::int64_t{3}}});
  }
  std::string id_of(const std::string& subject) {
    for (const Alert& alert : leases.alerts.list()) {
      if (alert.subject == subject) return alert.id;
    }
    return "none";
  }
  Answer acknowledge(const std::string& id, const std::string& body = "{}") {
    return ask("POST", "/alerts/" + id + "/ack", body);
  }
};

TEST(AlertsRoute, ListsWhatIsRaisedAndWhatIsResolved) {
  AlertsWorld world;
  world.raise(AlertKind::range_low, "default");
  world.raise(AlertKind::range_low, "web");
  world.leases.alerts.resolve(AlertKind::range_low, "web");
  const Json list = world.ask("GET", "/alerts").json().at("alerts");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].at("subject"), "default");
  EXPECT_EQ(list[0].at("state"), "raised");
  EXPECT_EQ(list[0].at("facts"), (Json{{"left", 3}}));
  EXPECT_EQ(list[1].at("state"), "resolved");
  EXPECT_EQ(world.refreshed, 1);
}

TEST(AlertsRoute, AreFilteredByStateAndKind) {
  AlertsWorld world;
  world.raise(AlertKind::range_low, "default");
  world.raise(AlertKind::clock_gap, "suspend");
  world.leases.alerts.resolve(AlertKind::clock_gap, "suspend");
  EXPECT_EQ(world.ask("GET", "/alerts?state=raised").json().at("alerts").size(), 1U);
  EXPECT_EQ(world.ask("GET", "/alerts?kind=clock-gap").json().at("alerts")[0].at("subject"), "suspend");
  EXPECT_TRUE(world.ask("GET", "/alerts?state=raised&kind=clock-gap").json().at("alerts").empty());
  EXPECT_EQ(world.ask("GET", "/alerts?state=loud").status, 422);
  EXPECT_EQ(world.ask("GET", "/alerts?colour=red").status, 422);
}

TEST(AlertsRoute, AnAcknowledgementIsAnsweredAndTold) {
  AlertsWorld world;
  world.raise(AlertKind::range_low, "default");
  const std::string id = world.id_of("default");
  const Answer answer = world.acknowledge(id);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("state"), "acknowledged");
  EXPECT_EQ(answer.json().at("acknowledged_at"), to_rfc3339(world.leases.clock.now().wall));
  EXPECT_EQ(world.acknowledge(id).json(), answer.json());
  EXPECT_EQ(world.leases.told(), (std::vector<std::string>{"alert.raised", "alert.acknowledged"}));
  EXPECT_EQ(world.ask("GET", "/health").json().at("alerts")[0].at("state"), "acknowledged");
}

TEST(AlertsRoute, WhatCannotBeAcknowledgedIs404) {
  AlertsWorld world;
  world.raise(AlertKind::range_low, "default");
  const std::string id = world.id_of("default");
  world.leases.alerts.resolve(AlertKind::range_low, "default");
  EXPECT_EQ(world.acknowledge(id).status, 404);
  EXPECT_EQ(world.acknowledge("a-0-7").status, 404);
}

// Its facts may name a lease.
TEST(AlertsRoute, AnAnswerWaitsForTheNewestCommit) {
  AlertsWorld world;
  world.raise(AlertKind::range_low, "default");
  world.leases.journal.immediate = false;
  world.leases.granted("shop");
  RawClient reader = world.client();
  reader.send(world.request("GET", "/alerts"));
  world.run_until([&] { return world.refreshed == 1; });
  RawClient writer = world.client();
  writer.send(world.request("POST", "/alerts/" + world.id_of("default") + "/ack", "{}"));
  world.run_until([&] { return world.leases.alerts.raised().at(0).state == AlertState::acknowledged; });
  EXPECT_FALSE(reader.has_received());
  EXPECT_FALSE(writer.has_received());
  world.leases.journal.fail();
  EXPECT_EQ(writer.receive().problem(), "disk-full");
  EXPECT_EQ(reader.receive().json().at("alerts")[0].at("state"), "acknowledged");  // read again
  EXPECT_EQ(world.refreshed, 2);
}

TEST(AlertsRoute, AnAcknowledgementHasNoFields) {
  AlertsWorld world;
  world.raise(AlertKind::range_low, "default");
  const std::string id = world.id_of("default");
  EXPECT_EQ(world.acknowledge(id, R"({"by": "me"})").status, 422);
  EXPECT_EQ(world.acknowledge(id, "[]").status, 422);
  EXPECT_EQ(world.acknowledge(id, "{").status, 400);
  EXPECT_EQ(world.leases.alerts.raised().at(0).state, AlertState::raised);
}

}  // namespace
}  // namespace portd::test
