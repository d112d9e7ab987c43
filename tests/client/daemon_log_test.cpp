#include "client/daemon_log.hpp"

#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

TEST(DaemonLogs, AreThoseOfAPortdThatPortcStarted) {
  const PortcWorld world;
  world.write("state/portd.log", "one\ntwo\nthree\n");
  EXPECT_EQ(world.run({"daemon", "logs"}).out, "one\ntwo\nthree\n");
  EXPECT_EQ(world.run({"daemon", "logs", "-n", "2"}).out, "two\nthree\n");
  EXPECT_EQ(world.run({"daemon", "logs", "-n", "0"}).out, "");
}

TEST(DaemonLogs, ALongFileIsReadFromItsEnd) {
  const PortcWorld world;
  std::string text;
  for (int line = 0; line < 20'000; ++line) text += "line " + std::to_string(line) + "\n";
  world.write("state/portd.log", text);
  EXPECT_EQ(world.run({"daemon", "logs", "-n", "2"}).out, "line 19998\nline 19999\n");
  EXPECT_EQ(world.run({"daemon", "logs", "-n", "1000000"}).out, text);
}

TEST(DaemonLogs, WhatIsInTheFileDoesNotSteerTheTerminal) {
  const PortcWorld world;
  world.write("state/portd.log", "a\x1b[31mb\n");
  EXPECT_EQ(world.run({"daemon", "logs"}).out, "a\\x1b[31mb\n");
}

TEST(DaemonLogs, WithJsonEachLineIsAnObject) {
  const PortcWorld world;
  world.write("state/portd.log", "plain\n{\"level\":\"info\"}\n");
  EXPECT_EQ(world.run({"daemon", "logs", "--json"}).out, "{\"message\":\"plain\"}\n{\"level\":\"info\"}\n");
}

TEST(DaemonLogs, AreInTheFileThatIsConfigured) {
  const PortcWorld world;
  world.write(".config/portd/portd.yaml", "log: {file: ~/mine.log}\n");
  world.write("state/portd.log", "old\n");
  world.write("mine.log", "mine\n");
  EXPECT_EQ(world.run({"daemon", "logs"}).out, "mine\n");
}

TEST(DaemonLogs, TheRunningPortdKnowsItsFileBest) {
  PortcWorld world;
  const std::string file = world.write("other.log", "other\n").string();
  const Json config{{"settings", {{"log", {{"file", file}}}}}};
  world.answers = {{"GET /config", {200, dump_json(config)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"daemon", "logs"}).out, "other\n");
}

TEST(DaemonLogs, NoLogYetExitsWithThree) {
  const PortcWorld world;
  const auto ran = world.run({"daemon", "logs"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.err.find("there is no log yet at"), std::string::npos);
}

TEST(DaemonLogs, TheJournalIsThatOfTheUnit) {
  EXPECT_EQ(journal_command(20, true, false),
            (std::vector<std::string>{"journalctl", "--user", "--unit", "portd.service", "--lines", "20", "--no-pager",
                                      "--output", "cat", "--follow"}));
}

TEST(DaemonLogs, TheirOptionsAreOfNothingElse) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"daemon", "status", "-f"}).exit, 2);
  EXPECT_EQ(world.run({"daemon", "stop", "-n", "3"}).exit, 2);
  EXPECT_EQ(world.run({"daemon", "logs", "-n", "many"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
