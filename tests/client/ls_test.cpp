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

TEST(LsVerb, AllShowsForeignListenersAfterTheLeases) {
  PortcWorld world;
  world.environment.user = "ada";
  const auto on = [](std::uint16_t port, const std::string& user, std::optional<Holder> process) {
    Listener one{Protocol::tcp, "127.0.0.1", Port(port), 1, 1000, user, std::move(process)};
    return PortReport{one.port, Verdict::foreign, {}, {one}};
  };
  const Holder node{{"", 17, 1}, "node server.js", (world.home / "old-demo").string(), {}};
  PortReport both_families = on(3000, "ada", node);
  both_families.listeners.push_back(both_families.listeners.front());
  both_families.listeners.back().address = "::1";
  PortReport published = on(8080, "root", std::nullopt);
  published.listeners.front().container = Container{"0123456789ab", "web", "nginx", ""};
  const PortsReport all{{lease_of("shop", 20001)},
                        {both_families, on(3001, "grace", node), on(5432, "postgres", std::nullopt), published},
                        {1, 9}};
  world.answers = {{"GET /ports?all=true", {200, dump_json(to_json(all))}}};
  world.start_portd();
  EXPECT_EQ(world.run({"ls", "--all"}).out,
            "SERVICE  INSTANCE  PORT   STATE     PID  COMMAND                    CWD\n"
            "shop     main      20001  reserved  -    -                          -\n"
            "-        -         3000   foreign   17   node server.js             ~/old-demo\n"
            "-        -         3001   foreign   17   node server.js (of grace)  ~/old-demo\n"
            "-        -         5432   foreign   -    a process of postgres      -\n"
            "-        -         8080   foreign   -    container web (nginx)      -\n");
  Json told = to_json(all);
  told["contested"] = Json::array();
  EXPECT_EQ(*parse_json(world.run({"ls", "--all", "--json"}).out), told);
  EXPECT_EQ(world.run({"ls", "--all", "--here"}).exit, 2);
}

TEST(LsVerb, AContestedLeaseShowsWhoIsOnItsPort) {
  PortcWorld world;
  world.environment.user = "ada";
  Lease lease = lease_of("shop", 20001);
  lease.state = LeaseState::contested;
  lease.cwd = "/srv/shop";
  const Holder stranger{{"", 17, 1}, "python3 -m http.server", (world.home / "elsewhere").string(), {}};
  Listener one{Protocol::tcp, "127.0.0.1", lease.port, 1, 1000, "ada", stranger};
  Listener hidden{Protocol::tcp, "::1", lease.port, 2, 33, "postgres"};
  const PortReport report{lease.port, Verdict::contested, lease, {one, hidden}};
  const PortsReport all{{lease}, {}, {1, 9}};
  world.answers = {{"GET /ports", {200, list_of({lease})}},
                   {"GET /ports?all=true", {200, dump_json(to_json(all))}},
                   {"GET /ports/20001", {200, dump_json(to_json(report))}}};
  world.start_portd();
  const std::string table =
      "SERVICE  INSTANCE  PORT   STATE      PID  COMMAND                 CWD\n"
      "shop     main      20001  contested  17   python3 -m http.server  ~/elsewhere\n"
      "shop     main      20001  contested  -    a process of postgres   -\n";
  EXPECT_EQ(world.run({"ls"}).out, table);
  EXPECT_EQ(world.run({"ls", "--all"}).out, table);
  Json told = to_json(all);
  told["contested"] = Json::array({to_json(report)});
  EXPECT_EQ(*parse_json(world.run({"ls", "--all", "--json"}).out), told);
}

TEST(LsVerb, APortThatIsAtPeaceByNowIsShownAsItsLease) {
  PortcWorld world;
  Lease lease = lease_of("shop", 20001);
  lease.state = LeaseState::contested;
  const PortReport report{lease.port, Verdict::reserved, lease, {}};
  world.answers = {{"GET /ports", {200, list_of({lease})}}, {"GET /ports/20001", {200, dump_json(to_json(report))}}};
  world.start_portd();
  EXPECT_NE(world.run({"ls"}).out.find("20001  contested  -    -        -\n"), std::string::npos);
}

TEST(LsVerb, ALongCommandIsCutShortExceptInJson) {
  PortcWorld world;
  world.environment.user = "ada";
  Lease lease = lease_of("shop", 20001);
  lease.holder = Holder{{"", 17, 1}, "node " + std::string(2'500, 'x'), "/", {}};
  lease.holder_alive = true;
  const Holder long_one{{"", 18, 1}, "ruby " + std::string(2'500, 'y'), "/srv", {}};
  const PortsReport all{
      {lease},
      {{Port(3000), Verdict::foreign, {}, {{Protocol::tcp, "127.0.0.1", Port(3000), 1, 1000, "ada", long_one}}}},
      {1, 9}};
  world.answers = {{"GET /ports", {200, list_of({lease})}}, {"GET /ports?all=true", {200, dump_json(to_json(all))}}};
  world.start_portd();
  EXPECT_NE(world.run({"ls"}).out.find(" node " + std::string(55, 'x') + "...  -\n"), std::string::npos);
  const std::string listed = world.run({"ls", "--all"}).out;
  EXPECT_NE(listed.find(" node " + std::string(55, 'x') + "...  -\n"), std::string::npos) << listed;
  EXPECT_NE(listed.find(" ruby " + std::string(55, 'y') + "...  /srv\n"), std::string::npos) << listed;
  EXPECT_NE(world.run({"ls", "--all", "--json"}).out.find(long_one.command), std::string::npos);
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
