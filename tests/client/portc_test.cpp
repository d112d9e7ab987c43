#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

TEST(Portc, AloneShowsTheHelp) {
  const PortcWorld world;
  const auto ran = world.run({});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("allocate"), std::string::npos);
  EXPECT_EQ(ran.out, world.run({"--help"}).out);
}

TEST(Portc, EveryVerbHasAHelpWithExamples) {
  const PortcWorld world;
  for (const char* verb :
       {"run",     "allocate", "port",  "url",    "release",     "prune",  "ls",      "who",    "register", "discover",
        "health",  "wait",     "graph", "events", "maintenance", "daemon", "env",     "config", "init",     "trust",
        "untrust", "free",     "adopt", "top",    "doctor",      "alerts", "history", "stats"}) {
    const auto ran = world.run({verb, "--help"});
    EXPECT_EQ(ran.exit, 0) << verb;
    EXPECT_NE(ran.out.find("Examples:\n  "), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("--json"), std::string::npos) << ran.out;
  }
}

TEST(Portc, TellsItsVersion) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"--version"}).out, "portc " PORTD_VERSION "\n");
}

TEST(Portc, AnUnknownVerbIsAUsageErrorWithTheOneThatWasMeant) {
  const PortcWorld world;
  const auto ran = world.run({"relase", "20123"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: there is no verb \"relase\"; did you mean \"release\"?\nsee: portc --help\n");
}

TEST(Portc, AnUnknownOptionIsAUsageError) {
  const PortcWorld world;
  const auto ran = world.run({"ls", "--hree"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("--hree"), std::string::npos);
  EXPECT_NE(ran.err.find("see: portc ls --help\n"), std::string::npos);
}

TEST(Portc, RefusesAUrlThatIsNone) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"ls", "--url", "localhost"}).exit, 2);
}

TEST(Portc, TakesUrlOrSocketNotBoth) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"ls", "--url", "http://localhost:1", "--socket", "x"}).exit, 2);
}

TEST(Portc, TalksToTheSocketThatIsNamedBeforeOrAfterTheVerb) {
  PortcWorld world;
  world.answers = {{"GET /health", {200, R"({"status": "ok"})"}}};
  world.serve();
  const std::string path = world.socket().string();
  EXPECT_EQ(world.run({"--socket", path, "health"}).exit, 0);
  EXPECT_EQ(world.run({"health", "--socket", path}).exit, 0);
}

TEST(Portc, AnotherUsersAnswerIsNotAllowed) {
  PortcWorld world;
  world.answers = {{"GET /health", {403, test::problem(Problem::forbidden, "only its owner may talk to this portd")}}};
  world.start_portd();
  EXPECT_EQ(world.run({"health"}).exit, 77);
}

TEST(Portc, AProblemOfANewerPortdKeepsItsWords) {
  PortcWorld world;
  world.answers = {{"GET /health", {409, R"({"type": "urn:portd:problem:new", "detail": "of the future"})"}}};
  world.start_portd();
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_EQ(ran.err, "portc: of the future\n");
}

}  // namespace
}  // namespace portd::client
