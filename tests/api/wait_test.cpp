// on_conflict: wait, and the end of the server.
#include <gmock/gmock.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

const char* const wait_for_20100 = R"({"service":"web","port":20100,"on_conflict":"wait","wait":"9m"})";

// A client that waits for the port of another.
RawClient waiting_client(ApiWorld& world) {
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", wait_for_20100));
  RawClient other = world.client();
  other.send(world.request("GET", "/health"));
  other.receive();
  return client;
}

void lease_20100(ApiWorld& world) { world.leases.granted(LeaseWorld::ask_port("shop", 20100, OnConflict::fail)); }

TEST(Wait, APortIsGrantedAsSoonAsItIsReleased) {
  ApiWorld world;
  lease_20100(world);
  RawClient client = waiting_client(world);
  EXPECT_FALSE(client.has_received());
  world.leases.release(Port(20100));
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.json().at("port"), 20100);
}

TEST(Wait, APortThatAProgramGivesUpIsFoundToo) {
  ApiWorld world;
  world.leases.holds.foreign.insert(Port(20100));
  RawClient client = waiting_client(world);
  world.leases.holds.foreign.clear();
  EXPECT_EQ(client.receive().status, 201);
}

TEST(Wait, ItEndsInAConflictWhenTheTimeIsOver) {
  ApiWorld world;
  lease_20100(world);
  const Answer answer =
      world.ask("POST", "/ports", R"({"service":"web","port":20100,"on_conflict":"wait","wait":"20ms"})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.json().at("key"), "shop");
}

TEST(Wait, AClientThatHangsUpGetsNothing) {
  ApiWorld world;
  lease_20100(world);
  RawClient client = waiting_client(world);
  client.hang_up();
  world.leases.release(Port(20100));
  world.run_until([&] { return world.server->connections() <= 1; });
  EXPECT_EQ(world.leases.leases.table().size(), 0U);
}

TEST(Stop, ItEndsWaitsWithAConflict) {
  ApiWorld world;
  lease_20100(world);
  RawClient client = waiting_client(world);
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  client.hang_up();
  world.run_until([&] { return stopped; });
}

TEST(Stop, IdleConnectionsAreClosedAtOnce) {
  ApiWorld world;
  RawClient client = world.client();
  client.send(world.request("GET", "/health"));
  client.receive();
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  EXPECT_TRUE(client.ends());
  world.run_until([&] { return stopped; });
}

TEST(Stop, WhatIsInFlightIsAnswered) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  world.loop.poll();
  EXPECT_FALSE(stopped);
  world.leases.journal.commit();
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
  client.hang_up();
  world.run_until([&] { return stopped; });
  EXPECT_EQ(world.server->connections(), 0U);
}

TEST(Stop, WhatTakesTooLongIsGivenUp) {
  api::Limits limits;
  limits.shutdown_time = Millis(20);
  ApiWorld world(limits);
  world.leases.journal.immediate = false;
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  world.run_until([&] { return stopped; });
  EXPECT_TRUE(client.ends());
  world.leases.journal.commit();  // as the store does when it stops
  world.run_until([&] { return world.server->connections() == 0; });
}

TEST(Stop, NobodyIsAcceptedAnyMore) {
  ApiWorld world;
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  world.run_until([&] { return stopped; });
  EXPECT_THROW(world.client(), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(world.socket()));
}

TEST(Stop, TheLoopHasNothingLeftToRun) {
  ApiWorld world;
  world.ask("GET", "/health");
  world.server->stop([] {});
  world.loop.restart();
  world.loop.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(world.loop.stopped());
}

}  // namespace
}  // namespace portd::test
