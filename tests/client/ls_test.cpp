#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::list_of;
using test::PortcWorld;

TEST(LsVerb, ListsThisProjectFirst) {
  PortcWorld world;
  Lease other = lease_of("acme/api@blue", 20001);
  Lease mine = lease_of("shop:debug", 20002);
  mine.cwd = (world.home / "shop").string();
  mine.state = LeaseState::listening;
  mine.holder = Holder{{"", 17, 1}, "flask run", "/", {}};
  mine.holder_alive = true;
  world.answers = {{"GET /ports", {200, list_of({other, mine})}}};
  world.start_portd();
  const auto ran = world.run({"ls"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "SERVICE     INSTANCE  PORT   STATE      PID  COMMAND    CWD\n"
            "shop:debug  main      20002  listening  17   flask run  ~/shop\n"
            "acme/api    blue      20001  reserved   -    -          -\n");
}

TEST(LsVerb, HereIsOnlyTheProjectOfTheFolder) {
  PortcWorld world;
  world.answers = {{"GET /ports?project=default", {200, list_of({lease_of("shop", 20001)})}}};
  world.start_portd();
  EXPECT_NE(world.run({"ls", "--here"}).out.find("20001"), std::string::npos);
}

TEST(LsVerb, JsonIsTheWholeAnswer) {
  PortcWorld world;
  const std::string list = list_of({lease_of("shop", 20001)});
  world.answers = {{"GET /ports", {200, list}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"ls", "--json"}).out), *parse_json(list));
}

TEST(LsVerb, AnEmptyListTellsTheNextStep) {
  PortcWorld world;
  world.answers = {{"GET /ports", {200, list_of({})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"ls"}).err, "portc: no leases yet; get a port with: portc port\n");
}

TEST(LsVerb, ColoursStatesOnATerminal) {
  PortcWorld world;
  Lease lease = lease_of("shop", 20001);
  lease.state = LeaseState::contested;
  world.answers = {{"GET /ports", {200, list_of({lease})}}};
  world.environment.colour = true;
  world.start_portd();
  EXPECT_NE(world.run({"ls"}).out.find("\x1b[31mcontested\x1b[0m"), std::string::npos);
}

TEST(LsVerb, ABrokenProjectFileDoesNotHideTheList) {
  PortcWorld world;
  world.write("shop/portd.yaml", "project: [unclosed");
  world.answers = {{"GET /ports", {200, list_of({lease_of("shop", 20001)})}}};
  world.start_portd();
  EXPECT_NE(world.run({"ls"}).out.find("default/shop  main"), std::string::npos);
}

}  // namespace
}  // namespace portd::client
