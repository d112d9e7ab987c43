// The handlers of /ports over a real connection.
#include <gmock/gmock.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using testing::HasSubstr;

TEST(Ports, AGrantIsCreatedWithItsLocation) {
  ApiWorld world;
  const Answer answer = world.ask("POST", "/ports", R"({"service":"shop"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.json().at("service"), "shop");
  EXPECT_EQ(answer.headers.at("location"), "/ports/" + answer.json().at("port").dump());
}

TEST(Ports, AskingAgainAnswersTheSamePort) {
  ApiWorld world;
  const Answer first = world.ask("POST", "/ports", R"({"service":"shop"})");
  const Answer again = world.ask("POST", "/ports", R"({"service":"shop"})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.json(), first.json());
  EXPECT_FALSE(again.headers.contains("location"));
}

TEST(Ports, ABundleIsAList) {
  ApiWorld world;
  const Answer answer = world.ask("POST", "/ports", R"({"service":"shop","roles":["http","debug"]})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.json().at("leases").size(), 2U);
  EXPECT_TRUE(answer.json().contains("revision"));
}

TEST(Ports, APortOfAnotherIsRefusedNamingIt) {
  ApiWorld world;
  world.ask("POST", "/ports", R"({"service":"shop","port":20100})");
  const Answer answer = world.ask("POST", "/ports", R"({"service":"web","port":20100,"on_conflict":"fail"})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.problem(), "port-in-use");
  EXPECT_THAT(answer.detail(), HasSubstr("shop"));
}

TEST(Ports, BrokenJsonIsAnInvalidRequest) {
  ApiWorld world;
  EXPECT_EQ(world.ask("POST", "/ports", "{").problem(), "invalid-request");
  EXPECT_EQ(world.ask("POST", "/ports", "").problem(), "invalid-request");
}

TEST(Ports, AnUnknownFieldIsRefused) {
  ApiWorld world;
  EXPECT_EQ(world.ask("POST", "/ports", R"({"service":"shop","prot":1})").status, 422);
}

TEST(Ports, AGrantIsAnsweredOnlyOnceItIsDurable) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  EXPECT_FALSE(client.has_received());
  world.leases.journal.commit();
  EXPECT_EQ(client.receive().status, 201);
}

TEST(Ports, ARepeatedGrantWaitsForTheFirstOnesCommit) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  world.leases.granted("shop");
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  RawClient other = world.client();
  other.send(world.request("GET", "/health"));
  EXPECT_EQ(other.receive().status, 200);  // health waits for nothing
  EXPECT_FALSE(client.has_received());
  world.leases.journal.commit();
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Ports, AConflictThatNamesALeaseWaitsForItsCommit) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  const Lease lease = world.leases.granted(LeaseWorld::ask_port("shop", 20100, OnConflict::fail));
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"web","port":20100,"on_conflict":"fail"})"));
  RawClient other = world.client();
  other.send(world.request("GET", "/health"));
  EXPECT_EQ(other.receive().status, 200);
  EXPECT_FALSE(client.has_received());
  world.leases.journal.commit();
  EXPECT_EQ(client.receive().json().at("lease"), lease.id);
}

TEST(Ports, AGrantThatCannotBeCommittedSaysSo) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  world.leases.journal.fail();
  EXPECT_EQ(client.receive().problem(), "disk-full");
}

TEST(Ports, ARepeatedGrantWhoseFirstIsUndoneIsDecidedAnew) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  world.leases.granted("shop");
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  RawClient other = world.client();
  other.send(world.request("GET", "/health"));
  EXPECT_EQ(other.receive().status, 200);
  world.leases.journal.fail();
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  world.leases.journal.commit();
  EXPECT_EQ(client.receive().status, 201);
}

TEST(Ports, AReadOnlyStoreRefusesGrantsAndAnswersReads) {
  ApiWorld world;
  world.leases.journal.read_only = true;
  EXPECT_EQ(world.ask("POST", "/ports", R"({"service":"shop"})").problem(), "store-unavailable");
  EXPECT_EQ(world.ask("GET", "/ports").status, 200);
}

TEST(Ports, ThePeerOfTheUnixSocketIsTheHolder) {
  ApiWorld world;
  world.leases.processes.start(4711);
  world.peers.local = core::Caller{1000, 4711};
  RawClient client = world.local_client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  EXPECT_EQ(client.receive().json().at("holder").at("pid"), 4711);
}

TEST(Ports, TheListIsFilteredAndTellsTheRevision) {
  ApiWorld world;
  world.leases.granted("shop");
  const Lease web = world.leases.granted("web");
  const Answer answer = world.ask("GET", "/ports?service=web");
  EXPECT_EQ(answer.json().at("leases").size(), 1U);
  EXPECT_EQ(answer.json().at("leases").at(0).at("id"), web.id);
  EXPECT_EQ(answer.json().at("revision"), world.leases.journal.newest().text());
  EXPECT_EQ(world.refreshed, 1);
}

TEST(Ports, AListWaitsForTheNewestCommit) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  world.leases.granted("shop");
  RawClient client = world.client();
  client.send(world.request("GET", "/ports"));
  world.run_until([&] { return world.refreshed == 1; });
  EXPECT_FALSE(client.has_received());
  world.leases.journal.commit();
  EXPECT_EQ(client.receive().json().at("leases").size(), 1U);
}

TEST(Ports, AnUnknownFilterIsRefused) {
  ApiWorld world;
  const Answer answer = world.ask("GET", "/ports?servce=web");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.detail(), HasSubstr("did you mean \"service\"?"));
}

TEST(Ports, ManyAreReleasedByAFilter) {
  ApiWorld world;
  world.leases.granted("shop");
  world.leases.granted("web");
  const Answer answer = world.ask("DELETE", "/ports?project=default");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("leases").size(), 2U);
  EXPECT_EQ(world.leases.leases.table().size(), 0U);
}

TEST(Ports, ReleasingWithoutAFilterIsRefused) {
  ApiWorld world;
  world.leases.granted("shop");
  EXPECT_EQ(world.ask("DELETE", "/ports").status, 422);
  EXPECT_EQ(world.leases.leases.table().size(), 1U);
}

TEST(Ports, GetNeverChangesAnything) {
  ApiWorld world;
  world.leases.granted("shop");
  const Revision before = world.leases.journal.newest();
  for (const char* target : {"/", "/ports", "/ports/20100", "/health", "/openapi.json"}) {
    EXPECT_EQ(world.ask("GET", target).status, 200) << target;
  }
  EXPECT_EQ(world.leases.journal.newest(), before);
}

Listener program_on(std::uint16_t port, pid_t pid, const std::string& address = "127.0.0.1") {
  Listener listener;
  listener.address = address;
  listener.port = Port(port);
  listener.inode = static_cast<std::uint64_t>(pid);
  listener.user = "dev";
  listener.process = Holder{{"boot", pid, 7}, "node", "/old-demo", {}};
  return listener;
}

TEST(PortsOfTheMachine, AreToldOnlyToWhoAsks) {
  ApiWorld world;
  world.leases.listeners.listening = {program_on(5432, 812)};
  EXPECT_FALSE(world.ask("GET", "/ports").json().contains("foreign"));
  EXPECT_FALSE(world.ask("GET", "/ports?all=false").json().contains("foreign"));
  EXPECT_EQ(world.ask("GET", "/ports?all=true").json().at("foreign").size(), 1U);
  EXPECT_EQ(world.ask("GET", "/ports?all=yes").problem(), "invalid-value");
}

TEST(PortsOfTheMachine, AreThoseWithoutALeaseInOrder) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  world.leases.listeners.listening = {program_on(40000, 813), program_on(lease.port.number(), 814),
                                      program_on(3000, 812), program_on(3000, 812, "::1")};
  const Json ports = world.ask("GET", "/ports?all=true&project=other").json();
  EXPECT_TRUE(ports.at("leases").empty());
  ASSERT_EQ(ports.at("foreign").size(), 2U);
  const Json first = ports.at("foreign").at(0);
  EXPECT_EQ(first.at("port"), 3000);
  EXPECT_EQ(first.at("verdict"), "foreign");
  EXPECT_EQ(first.at("ephemeral"), false);
  EXPECT_EQ(first.at("listeners").size(), 2U);
  EXPECT_EQ(ports.at("foreign").at(1).at("ephemeral"), true);
}

TEST(PortsOfTheMachine, WhoListensByAnotherProtocolThanTheLeasesIsForeign) {
  ApiWorld world;
  GrantRequest request = test::LeaseWorld::ask("shop");
  request.cwd = "/shop";
  const Lease lease = world.leases.granted(request);
  Listener other = program_on(lease.port.number(), 814);
  other.protocol = Protocol::udp;
  world.leases.listeners.listening = {program_on(lease.port.number(), 813), other};
  const Json foreign = world.ask("GET", "/ports?all=true").json().at("foreign");
  ASSERT_EQ(foreign.size(), 1U);
  EXPECT_EQ(foreign.at(0).at("verdict"), "foreign");
  ASSERT_EQ(foreign.at(0).at("listeners").size(), 1U);
  EXPECT_EQ(foreign.at(0).at("listeners").at(0).at("protocol"), "udp");
}

TEST(PortsOfTheMachine, WhatIsOddIsSaid) {
  ApiWorld world;
  world.leases.listeners.listening = {program_on(3000, 812), program_on(3000, 813, "::1")};
  EXPECT_EQ(world.ask("GET", "/ports?all=true").json().at("foreign").at(0).at("warnings").size(), 1U);
  EXPECT_THAT(world.ask("GET", "/ports/3000").json().at("warnings").at(0).get<std::string>(), HasSubstr("pid 813"));
}

Listener own_program(ApiWorld& world, std::uint16_t port, pid_t pid) {
  Listener listener = program_on(port, pid);
  listener.uid = 1000;
  listener.process = world.leases.processes.start(pid, 1000, 1, "/home/dev/Old Demo");
  return listener;
}

TEST(Adoption, WhatListensGetsALease) {
  ApiWorld world;
  world.leases.listeners.listening = {own_program(world, 3000, 812)};
  const Answer answer = world.ask("POST", "/ports", R"({"adopt":true,"port":3000,"service":"web"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.at("location"), "/ports/3000");
  EXPECT_EQ(answer.json().at("state"), "listening");
  EXPECT_EQ(answer.json().at("holder").at("pid"), 812);
  EXPECT_EQ(answer.json().at("cwd"), "/home/dev/Old Demo");
  EXPECT_EQ(answer.json().at("held"), false);
  EXPECT_EQ(world.refreshed, 1);
  EXPECT_EQ(world.ask("POST", "/ports", R"({"adopt":true,"port":3000,"service":"web"})").status, 200);
}

TEST(Adoption, ARefusalTellsWhy) {
  ApiWorld world;
  EXPECT_EQ(world.ask("POST", "/ports", R"({"adopt":true,"port":3000,"service":"web"})").problem(), "not-found");
  world.leases.listeners.listening = {program_on(5432, 812)};  // of root
  const Answer answer = world.ask("POST", "/ports", R"({"adopt":true,"port":5432,"service":"db"})");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.problem(), "forbidden");
  EXPECT_EQ(world.ask("POST", "/ports", R"({"adopt":true,"service":"db"})").status, 422);
}

TEST(Adoption, ItIsAnsweredOnlyOnceItIsDurable) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  world.leases.listeners.listening = {own_program(world, 3000, 812)};
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"adopt":true,"port":3000})"));
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  EXPECT_FALSE(client.has_received());
  world.leases.journal.fail();
  EXPECT_EQ(client.receive().problem(), "disk-full");
  EXPECT_EQ(world.leases.leases.table().size(), 0U);
}

}  // namespace
}  // namespace portd::test
