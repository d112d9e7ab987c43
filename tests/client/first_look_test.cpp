#include "client/first_look.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* all_ports_line = "GET /ports?all=true";

const Viewpoint adas{1, "ada", "/home/ada", TimePoint(std::chrono::hours(24 * 100))};

PortReport listening(std::uint16_t port, const std::string& user, std::optional<Holder> process) {
  return {
      Port(port), Verdict::foreign, {}, {{Protocol::tcp, "127.0.0.1", Port(port), 1, 1000, user, std::move(process)}}};
}

Holder node_of_ada(int age_in_days = 6, const std::string& folder = "/home/ada/old-demo") {
  return {{"", 17, 1}, "/usr/bin/node server.js", folder, adas.now - std::chrono::hours(24 * age_in_days)};
}

PortsReport machine(std::vector<PortReport> foreign) { return {{}, std::move(foreign), {1, 9}}; }

TEST(FirstLook, NamesWhatAPersonKnowsFirst) {
  PortReport airplay = listening(5000, "ada", Holder{{"", 18, 1}, "/System/ControlCenter", "/", {}});
  PortReport nginx = listening(8080, "root", std::nullopt);
  nginx.listeners.front().container = Container{"0123456789ab", "web", "nginx:1.25", ""};
  EXPECT_EQ(
      first_look_text(
          {listening(3000, "ada", node_of_ada()), airplay, listening(5432, "postgres", std::nullopt), nginx}, adas),
      "4 ports are in use: 3000 node (~/old-demo, 6 days), 5000 AirPlay, 5432 postgres, 8080 container web "
      "(nginx:1.25). `portc adopt 3000 --as web` gives one a name.");
}

TEST(FirstLook, OwnFoldersComeBeforeTheSystems) {
  EXPECT_THAT(first_look_text({listening(22, "root", std::nullopt), listening(3000, "ada", node_of_ada(1))}, adas),
              HasSubstr("2 ports are in use: 3000 node (~/old-demo, 1 day), 22 root. "));
}

TEST(FirstLook, AFolderWithALineBreakStaysOnItsLine) {
  const auto text = first_look_text({listening(3000, "ada", node_of_ada(6, "/home/ada/a\nportc: all is well"))}, adas);
  EXPECT_THAT(text, HasSubstr(R"(3000 node (~/a\x0aportc: all is well, 6 days))"));
}

TEST(FirstLook, NamesEightAtMost) {
  std::vector<PortReport> many;
  for (std::uint16_t port = 3001; port <= 3009; ++port) many.push_back(listening(port, "ada", node_of_ada()));
  const std::string text = first_look_text(many, adas);
  EXPECT_THAT(text, HasSubstr("9 ports are in use: 3001 "));
  EXPECT_THAT(text, HasSubstr("3008 node (~/old-demo, 6 days) ... `portc adopt 3001"));
  EXPECT_THAT(text, Not(HasSubstr("3009")));
}

TEST(FirstLook, LeavesOutPortdAndOutgoingUdp) {
  PortReport portd = listening(7700, "ada", Holder{{"", 1, 1}, "portd", "/", {}});
  PortReport outgoing = listening(40000, "ada", node_of_ada());
  outgoing.ephemeral = true;
  outgoing.listeners.front().protocol = Protocol::udp;
  EXPECT_EQ(first_look_text({portd, outgoing}, adas), "");
  outgoing.listeners.front().protocol = Protocol::tcp;
  EXPECT_THAT(first_look_text({outgoing}, adas), HasSubstr("1 port is in use: 40000 node"));
}

TEST(FirstLook, WithNothingToAdoptItPointsToTheList) {
  EXPECT_EQ(first_look_text({listening(5432, "postgres", std::nullopt)}, adas),
            "1 port is in use: 5432 postgres. `portc ls --all` lists them.");
}

// A person at a terminal, and a portd that sees node on port 3000.
class TerminalWorld : public PortcWorld {
 public:
  explicit TerminalWorld(test::FakeAnswer looked = {
                             200, dump_json(to_json(machine({listening(3000, "ada", node_of_ada())})))}) {
    environment.user = "ada";
    environment.terminals = {true, true, true};
    answers = {{"GET /ports", {200, test::list_of({test::lease_of("shop", 20001)})}},
               {all_ports_line, std::move(looked)}};
    start_portd();
  }
};

TEST(FirstLook, IsTakenOnce) {
  TerminalWorld world;
  const auto first = world.run({"ls"});
  EXPECT_EQ(first.exit, 0);
  EXPECT_THAT(first.out, Not(HasSubstr("3000")));
  EXPECT_THAT(first.err, HasSubstr("portc: 1 port is in use: 3000 node"));
  EXPECT_EQ(world.run({"ls"}).err, "");
  EXPECT_EQ(std::ranges::count(world.portd->request_lines(), all_ports_line), 1);
}

TEST(FirstLook, IsForAPersonOnly) {
  for (const Terminals& terminals : {Terminals{true, false, true}, Terminals{true, true, false}}) {
    TerminalWorld world;
    world.environment.terminals = terminals;
    EXPECT_EQ(world.run({"ls"}).err, "");
    EXPECT_FALSE(std::filesystem::exists(world.home / "state" / "first-look"));
  }
  TerminalWorld world;
  EXPECT_EQ(world.run({"ls", "--json"}).err, "");
}

TEST(FirstLook, FollowsNoHelpAndNothingThatAskedNoPortd) {
  TerminalWorld world;
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"--version"}, {"--help"}, {}, {"ls", "--help"}, {"config", "schema"}}) {
    EXPECT_EQ(world.run(line).err, "");
  }
  EXPECT_TRUE(world.portd->requests().empty());
}

TEST(FirstLook, AFailureOfTheLookIsNoneOfTheVerb) {
  for (const test::FakeAnswer& answer : {test::FakeAnswer{422, "{}"}, test::FakeAnswer{200, "[]"}}) {
    TerminalWorld world(answer);
    const auto ran = world.run({"ls"});
    EXPECT_EQ(ran.exit, 0);
    EXPECT_EQ(ran.err, "");
  }
}

TEST(FirstLook, AStateFolderThatCannotBeWrittenKeepsItQuiet) {
  TerminalWorld world;
  std::filesystem::remove_all(world.home / "state");
  EXPECT_EQ(world.run({"ls"}).err, "");
}

}  // namespace
}  // namespace portd::client
