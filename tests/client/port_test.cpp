#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::granted;
using test::lease_of;
using test::list_of;
using test::PortcWorld;

TEST(PortVerb, PrintsThePortThatTheServiceOfTheFolderHas) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({lease_of("shop:debug", 20001), lease_of("shop", 20123)})}}};
  world.start_portd();
  const auto ran = world.run({"port"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "20123\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(world.portd->request_lines(), std::vector<std::string>{test::lookup_of_shop});
}

TEST(PortVerb, LeasesAPortWithoutAHolderWhenThereIsNone) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({})}}, {"POST /ports", {201, granted("shop", 20123)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"port", "shop"}).out, "20123\n");

  const Json request = *parse_json(world.portd->requests().at(1).body);
  EXPECT_EQ(request.at("service"), "shop");
  EXPECT_EQ(request.at("role"), "http");
  EXPECT_TRUE(request.at("pid").is_null());
  EXPECT_EQ(request.at("cwd"), (world.home / "shop").string());
  EXPECT_EQ(world.portd->connections(), 1);
}

TEST(PortVerb, ReadsAllPartsOfAKey) {
  PortcWorld world;
  world.answers = {{"GET /ports?project=acme&service=api&instance=blue",
                    {200, list_of({lease_of("acme/api@blue", 20001), lease_of("acme/api@blue:debug", 20002)})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"port", "acme/api@blue:debug"}).out, "20002\n");
  EXPECT_EQ(world.run({"port", "--project", "acme", "--service", "api", "--instance", "blue", "--role", "debug"}).out,
            "20002\n");
}

TEST(PortVerb, ExistingExitsWithThreeAndLeasesNothing) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({})}}};
  world.start_portd();
  const auto ran = world.run({"port", "--existing"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: shop has no port yet; get one with: portc port shop\n");
  EXPECT_EQ(world.portd->requests().size(), 1U);
}

TEST(PortVerb, JsonIsTheLeaseAsPortdSentIt) {
  PortcWorld world;
  Json list = to_json({lease_of("shop", 20123)}, Revision{1, 9});
  list["leases"][0]["from_a_newer_portd"] = true;
  world.answers = {{test::lookup_of_shop, {200, dump_json(list)}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"port", "--json"}).out), list["leases"][0]);
}

TEST(PortVerb, AProblemIsTextOnStderrAndJsonOnRequest) {
  PortcWorld world;
  const std::string body =
      test::problem(Problem::range_full, "the range is full; release some with: portc prune --gone");
  world.answers = {{test::lookup_of_shop, {200, list_of({})}}, {"POST /ports", {507, body}}};
  world.start_portd();
  const auto ran = world.run({"--json", "port"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "portc: the range is full; release some with: portc prune --gone\n");
  EXPECT_EQ(*parse_json(ran.out), *parse_json(body));
}

TEST(PortVerb, RefusesAProjectThatIsStatedTwice) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"port", "acme/shop", "--project", "other"}).exit, 2);
}

TEST(PortVerb, AnAnswerThatIsNotPortdsIsNamedAsSuch) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, "<html>"}}};
  world.start_portd();
  const auto ran = world.run({"port"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_NE(ran.err.find("is not a portd this portc knows"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace portd::client
