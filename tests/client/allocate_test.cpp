#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::granted;
using test::lease_of;
using test::list_of;
using test::PortcWorld;

Json asked(const PortcWorld& world) { return *parse_json(world.portd->requests().at(0).body); }

TEST(AllocateVerb, ShowsTheLeaseAndSaysThatItIsNew) {
  PortcWorld world;
  world.answers = {{"POST /ports", {201, granted("shop", 20123)}}};
  world.start_portd();
  const auto ran = world.run({"allocate"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out,
            "SERVICE  INSTANCE  ROLE  PORT   KIND    STATE     URL\n"
            "shop     main      http  20123  sticky  reserved  http://localhost:20123\n");
  EXPECT_EQ(ran.err, "portc: new lease\n");
}

TEST(AllocateVerb, AnOldLeaseIsNotCalledNew) {
  PortcWorld world;
  world.answers = {{"POST /ports", {200, granted("shop", 20123)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"allocate"}).err, "");
}

TEST(AllocateVerb, TheHolderIsWhoCalledPortc) {
  PortcWorld world;
  world.answers = {{"POST /ports", {200, granted("shop", 20123)}}};
  world.start_portd();
  world.run({"allocate"});
  EXPECT_EQ(asked(world), Json({{"project", "default"},
                                {"service", "shop"},
                                {"instance", "main"},
                                {"role", "http"},
                                {"pid", 4711},
                                {"cwd", (world.home / "shop").string()}}));
}

TEST(AllocateVerb, PidMayBeStatedOrNone) {
  PortcWorld world;
  world.answers = {{"POST /ports", {200, granted("shop", 20123)}}};
  world.start_portd();
  world.run({"allocate", "--pid", "none"});
  world.run({"allocate", "--pid", "99"});
  EXPECT_TRUE(asked(world).at("pid").is_null());
  EXPECT_EQ(parse_json(world.portd->requests().at(1).body)->at("pid"), 99);
  EXPECT_EQ(world.run({"allocate", "--pid", "99x"}).exit, 2);
}

TEST(AllocateVerb, PassesEveryOptionOn) {
  PortcWorld world;
  world.answers = {{"POST /ports", {200, granted("acme/api@blue", 20123)}}};
  world.start_portd();
  const auto ran = world.run({"allocate",      "acme/api@blue:debug",
                              "--port",        "20123",
                              "--range",       "web",
                              "--strategy",    "next",
                              "--wait",        "5s",
                              "--kind",        "ttl",
                              "--on-conflict", "wait",
                              "--ttl",         "30s",
                              "--hold",        "strict",
                              "--protocol",    "both",
                              "--cwd",         "sub",
                              "--pid",         "none"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(asked(world),
            *parse_json(R"({"project": "acme", "service": "api", "instance": "blue", "role": "debug", "pid": null,
      "cwd": ")" + (world.home / "shop/sub").string() +
                        R"(", "port": 20123, "range": "web", "strategy": "next", "on_conflict": "wait", "wait": "5s",
      "protocol": "both", "kind": "ttl", "ttl": "30s", "hold": "strict"})"));
}

TEST(AllocateVerb, SeveralRolesAreABundle) {
  PortcWorld world;
  world.answers = {{"POST /ports", {201, list_of({lease_of("shop", 20001), lease_of("shop:debug", 20002)})}}};
  world.start_portd();
  const auto ran = world.run({"allocate", "--role", "http", "--role", "debug"});
  EXPECT_EQ(asked(world).at("roles"), Json::array({"http", "debug"}));
  EXPECT_FALSE(asked(world).contains("role"));
  EXPECT_NE(ran.out.find("shop     main      debug  20002"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.err, "portc: new leases\n");
}

TEST(AllocateVerb, OneRoleIsPartOfTheKey) {
  PortcWorld world;
  world.answers = {{"POST /ports", {201, granted("shop:debug", 20001)}}};
  world.start_portd();
  world.run({"allocate", "--role", "debug", "shop"});
  EXPECT_EQ(asked(world).at("role"), "debug");
  EXPECT_EQ(asked(world).at("service"), "shop");
}

TEST(AllocateVerb, CountAsksForSoMany) {
  PortcWorld world;
  world.answers = {{"POST /ports", {201, list_of({lease_of("shop:p1", 20001)})}}};
  world.start_portd();
  world.run({"allocate", "--kind", "process", "--count", "3"});
  EXPECT_EQ(asked(world).at("count"), 3);
  EXPECT_FALSE(asked(world).contains("role"));
}

TEST(AllocateVerb, AConflictExitsWithFourAndPortdsOwnWords) {
  PortcWorld world;
  world.answers = {{"POST /ports", {409, test::problem(Problem::port_in_use, "port 8080 is leased to shop/api")}}};
  world.start_portd();
  const auto ran = world.run({"allocate", "--port", "8080", "--on-conflict", "fail"});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: port 8080 is leased to shop/api\n");
}

TEST(AllocateVerb, RefusesAWordThatIsNoneOfItsOption) {
  const PortcWorld world;
  const auto ran = world.run({"allocate", "--kind", "eternal"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("sticky"), std::string::npos) << ran.err;
}

TEST(AllocateVerb, RefusesAPortAbove65535) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"allocate", "--port", "65536"}).exit, 2);
}

TEST(AllocateVerb, AsksForWhatTheProjectDeclaresAndOptionsWin) {
  PortcWorld world;
  world.write("shop/portd.yaml", "services: {web: {ports: {http: {port: 20100, range: web, on_conflict: wait}}}}\n");
  world.answers = {{"POST /ports", {201, granted("web", 20100)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"allocate", "web", "--port", "20200", "--on-conflict", "fail"}).exit, 0);
  EXPECT_EQ(asked(world).at("port"), 20200);
  EXPECT_EQ(asked(world).at("range"), "web");
  EXPECT_EQ(asked(world).at("on_conflict"), "fail");
  EXPECT_EQ(asked(world).at("pid"), 4711);
  EXPECT_EQ(world.run({"allocate", "web", "--wait", "soon"}).exit, 2);
}

TEST(AllocateVerb, ABundleAsksForNoneOfTheDeclaredPorts) {
  PortcWorld world;
  world.write("shop/portd.yaml", "services: {web: {ports: {http: {port: 20100}}}}\n");
  world.answers = {{"POST /ports", {201, list_of({lease_of("web", 20001), lease_of("web:debug", 20002)})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"allocate", "--role", "http", "--role", "debug"}).exit, 0);
  EXPECT_FALSE(asked(world).contains("port"));
}

}  // namespace
}  // namespace portd::client
