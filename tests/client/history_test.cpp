#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

constexpr const char* page_of_two = R"({"entries": [
  {"port": 5432, "protocol": "tcp", "from": "2026-11-24T13:02:05.678Z", "until": null, "what": "listener",
   "verdict": "foreign", "project": null, "service": null, "instance": null, "role": null, "lease": null, "pid": 42,
   "command": "postgres", "cwd": "/var/lib", "user": "postgres", "reason": "listening"},
  {"port": 20001, "protocol": "tcp", "from": "2026-11-24T12:00:00.000Z", "until": "2026-11-24T12:30:00.000Z",
   "what": "lease", "verdict": null, "project": "default", "service": "shop", "instance": "main", "role": "http",
   "lease": "7-1", "pid": null, "command": null, "cwd": "/srv", "user": null, "reason": "released"}],
  "truncated": true})";

// Shows local times: here those of UTC.
class HistoryVerb : public ::testing::Test {
 protected:
  HistoryVerb() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
  test::Ran run(const std::string& line, const std::vector<std::string>& arguments, const char* body = page_of_two) {
    world_.portd.reset();
    std::filesystem::remove(world_.socket());
    world_.answers = {{line, {200, body}}};
    world_.start_portd();
    return world_.run(arguments);
  }
  PortcWorld world_;
};

TEST_F(HistoryVerb, ShowsWhoHadAPortFromWhenUntilWhen) {
  const auto ran = run("GET /history", {"history"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "PORT   WHAT     WHO            FROM                 UNTIL                REASON     PID  COMMAND\n"
            "5432   foreign  user postgres  2026-11-24 13:02:05  now                  listening  42   postgres\n"
            "20001  lease    shop           2026-11-24 12:00:00  2026-11-24 12:30:00  released   -    -\n");
  EXPECT_EQ(ran.err, "portc: there is more; narrow it with --port, --since and --until\n");
}

TEST_F(HistoryVerb, ThePortStandsAloneOrBehindItsFlag) {
  EXPECT_EQ(run("GET /history?port=5432", {"history", "5432"}).exit, 0);
  EXPECT_EQ(world_.run({"history", "--port", "5432"}).exit, 0);
  EXPECT_EQ(world_.run({"history", "--port", "5432", "5433"}).exit, 2);
  EXPECT_EQ(world_.run({"history", "65536"}).exit, 2);
}

TEST_F(HistoryVerb, AServiceIsThatOfTheFoldersProjectUnlessStated) {
  EXPECT_EQ(run("GET /history?project=default&service=web", {"history", "--service", "web"}).exit, 0);
  EXPECT_EQ(run("GET /history?project=acme&service=web&instance=blue", {"history", "--service", "acme/web@blue"}).exit,
            0);
}

TEST_F(HistoryVerb, TimesOfPeopleBecomeMoments) {
  const auto ran = run("GET /history?since=2026-11-24T14%3A00%3A00.000Z&until=2026-11-24T15%3A00%3A00.000Z&limit=5",
                       {"history", "--since", "2026-11-24 14:00", "--until", "2026-11-24T15:00:00Z", "--limit", "5"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(run("GET /history?at=2026-11-24T14%3A02%3A00.000Z", {"history", "--at", "2026-11-24 14:02"}).exit, 0);
}

TEST_F(HistoryVerb, WhatIsNoTimeIsAUsageErrorBeforeAnythingIsAsked) {
  const auto ran = world_.run({"history", "--since", "yesterday"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("--since is how long ago it was"), std::string::npos);
  EXPECT_EQ(world_.run({"history", "--at", "2h", "--since", "3h"}).exit, 2);
  EXPECT_EQ(world_.run({"history", "--limit", "1001"}).exit, 2);
}

TEST_F(HistoryVerb, NobodyIsExitOne) {
  const auto ran = run("GET /history?port=5432", {"history", "5432"}, R"({"entries": [], "truncated": false})");
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: nobody, as far as portd knows\n");
}

TEST_F(HistoryVerb, JsonIsTheAnswer) {
  EXPECT_EQ(*parse_json(run("GET /history", {"history", "--json"}).out), *parse_json(page_of_two));
}

TEST_F(HistoryVerb, AProblemOfPortdIsSaid) {
  world_.answers = {
      {"GET /history", {503, test::problem(Problem::store_unavailable, "portd keeps no history: switch it on")}}};
  world_.start_portd();
  const auto ran = world_.run({"history"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "portc: portd keeps no history: switch it on\n");
}

TEST_F(HistoryVerb, AnAnswerOfAnotherShapeIsNotPortds) {
  EXPECT_EQ(run("GET /history", {"history"}, R"({"entries": 5})").exit, 69);
  EXPECT_EQ(run("GET /history", {"history"}, R"({"entries": [5, {"port": {}}]})").exit, 0);
}

}  // namespace
}  // namespace portd::client
