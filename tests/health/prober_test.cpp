#include "daemon/health/prober.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "tests/health/health_world.hpp"

namespace portd {
namespace {

using test::CheckId;
using test::Finding;
using test::ScriptedServer;
using test::Verdict;
using namespace std::chrono_literals;

constexpr SteadyPoint never = SteadyPoint::max();

class Prober : public test::HealthWorld {
 protected:
  // A server that takes connections and never answers.
  void use_mute_server() { server = std::make_unique<ScriptedServer>(loop, ScriptedServer::Script{"", false}); }
  std::size_t findings(CheckId id) const { return desk.checks.at(id).findings.size(); }
};

TEST_F(Prober, DoesNothingBeforeItsCallerHasReturned) {
  server = std::make_unique<ScriptedServer>(loop, "");
  boost::asio::post(loop, [&] {
    begin(check_of(CheckType::tcp), server->port());
    desk.checks.begin()->second.due = never;
  });
  settle();
  EXPECT_EQ(server->connections, 0U);
}

TEST_F(Prober, LooksWhenItIsDueAndNotBefore) {
  server = std::make_unique<ScriptedServer>(loop, "");
  const SteadyPoint due = std::chrono::steady_clock::now() + 30ms;
  const CheckId id = begin(check_of(CheckType::tcp), server->port(), due);
  run_until([&] { return findings(id) == 1; });
  EXPECT_GE(std::chrono::steady_clock::now(), due);
}

TEST_F(Prober, LooksAgainWheneverTheDeskSaysSo) {
  server = std::make_unique<ScriptedServer>(loop, "");
  const CheckId id = begin(check_of(CheckType::tcp), server->port());
  for (std::size_t looks = 1; looks < 5; ++looks) {
    run_until([&] { return findings(id) == looks; });
    desk.checks.at(id).due = std::chrono::steady_clock::now() + 5ms;
    prober->hurry(id);
  }
}

TEST_F(Prober, HurryingWakesACheckThatIsNotDue) {
  server = std::make_unique<ScriptedServer>(loop, "");
  const CheckId id = begin(check_of(CheckType::tcp), server->port(), never);
  settle();
  EXPECT_EQ(server->connections, 0U);
  desk.checks.at(id).due = {};
  prober->hurry(id);
  run_until([&] { return findings(id) == 1; });
}

TEST_F(Prober, HurryingAProbeInFlightDoesNotBreakItOff) {
  use_mute_server();
  Check check = check_of(CheckType::http);
  check.schedule.timeout = 30ms;
  const CheckId id = begin(check, server->port());
  run_until([&] { return server->requests.size() == 1; });
  prober->hurry(id);
  run_until([&] { return findings(id) == 1; });
  EXPECT_EQ(desk.checks.at(id).findings.at(0).output, "timed out after 30ms: connected, no answer");
}

TEST_F(Prober, ACheckThatEndedIsNotHeardOfAgain) {
  use_mute_server();
  const CheckId in_flight = begin(check_of(CheckType::http), server->port());
  const CheckId waiting = begin(check_of(CheckType::http), server->port(), never);
  run_until([&] { return server->requests.size() == 1; });
  for (const CheckId id : {in_flight, waiting}) {
    prober->end(id);
    desk.checks.erase(id);  // asking for it would throw
  }
  prober->hurry(waiting);
  settle();
}

TEST_F(Prober, MayGoWithProbesInFlight) {
  use_mute_server();
  begin(check_of(CheckType::http), server->port());
  begin(check_of(CheckType::ttl), server->port(), never);
  run_until([&] { return server->requests.size() == 1; });
  prober.reset();
  desk.checks.clear();
  settle();
}

TEST_F(Prober, MayGoJustBeforeTheLoop) {
  auto own_loop = std::make_unique<boost::asio::io_context>(1);
  auto own_server = std::make_unique<ScriptedServer>(*own_loop, ScriptedServer::Script{"", false});
  prober = health::create_prober(*own_loop, desk, {.at_once = 1});
  begin(check_of(CheckType::http), own_server->port());
  begin(check_of(CheckType::http), own_server->port());
  begin(check_of(CheckType::tcp), own_server->port(), never);
  while (own_server->requests.empty()) own_loop->run_one();
  prober.reset();
  own_server.reset();
  own_loop.reset();
}

TEST_F(Prober, MakesSoManyAtOnceAndTheOthersInTheirTurn) {
  use_mute_server();
  use({.at_once = 2});
  Check slow = check_of(CheckType::http);
  slow.schedule.timeout = 20ms;
  std::vector<CheckId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(begin(slow, server->port()));
  run_until([&] { return server->requests.size() == 2; });
  settle();
  EXPECT_EQ(server->connections, 2U);
  run_until([&] { return findings(ids.back()) == 1; });
  EXPECT_EQ(server->connections, 6U);
  for (const CheckId id : ids) EXPECT_EQ(findings(id), 1U);
}

TEST_F(Prober, ACheckThatEndsWhileItWaitsForItsTurnLeavesItToTheNext) {
  use_mute_server();
  use({.at_once = 1});
  Check slow = check_of(CheckType::http);
  slow.schedule.timeout = 20ms;
  begin(slow, server->port());
  const CheckId second = begin(slow, server->port());
  const CheckId third = begin(slow, server->port());
  run_until([&] { return server->requests.size() == 1; });
  prober->end(second);
  run_until([&] { return findings(third) == 1; });
  EXPECT_EQ(server->connections, 2U);
}

TEST_F(Prober, ATtlCheckLapsesWhenItIsDue) {
  const SteadyPoint due = std::chrono::steady_clock::now() + 20ms;
  const CheckId id = begin(check_of(CheckType::ttl), Port(1), due);
  run_until([&] { return desk.checks.at(id).lapses == 1; });
  EXPECT_GE(std::chrono::steady_clock::now(), due);
  settle();
  EXPECT_EQ(desk.checks.at(id).lapses, 1);
}

TEST_F(Prober, ADeskThatWantsEverythingNowDoesNotMakeItSpin) {
  struct Greedy : test::FakeDesk {
    void lapse(CheckId id) override { ++checks.at(id).lapses; }
  } greedy;
  greedy.checks.emplace(1, test::FakeDesk::Desired{{check_of(CheckType::ttl), "localhost", Port(1)}});
  prober = health::create_prober(loop, greedy, {});
  prober->begin(1);
  loop.run_for(20ms);
  EXPECT_GE(greedy.checks.at(1).lapses, 1);
  EXPECT_LE(greedy.checks.at(1).lapses, 25);
  prober.reset();
}

TEST_F(Prober, ADeskThatThrowsIsAskedAgainLater) {
  struct Broken : test::FakeDesk {
    mutable int asked_in_vain = 0;
    SteadyPoint due(CheckId) const override {
      ++asked_in_vain;
      throw std::runtime_error("a bug");
    }
  } broken;
  prober = health::create_prober(loop, broken, {});
  prober->begin(1);
  loop.run_for(5ms);
  EXPECT_EQ(broken.asked_in_vain, 1);
  prober.reset();
}

TEST_F(Prober, WithoutDescriptorsNothingIsSaidOfTheService) {
  server = std::make_unique<ScriptedServer>(loop, "");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{256, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  std::vector<int> used_up;
  for (int one = 0; (one = ::dup(0)) >= 0;) used_up.push_back(one);
  const Finding http = look(check_of(CheckType::http), server->port());
  const Finding tcp = look(check_of(CheckType::tcp), server->port());
  Check command = check_of(CheckType::command);
  command.command = {"true"};
  const Finding run = look(command, server->port());
  for (const int one : used_up) ::close(one);
  ::setrlimit(RLIMIT_NOFILE, &before);
  for (const Finding& finding : {http, tcp, run}) {
    EXPECT_EQ(finding.verdict, Verdict::none);
    EXPECT_EQ(finding.output, "portd could not look (Too many open files)");
  }
}

}  // namespace
}  // namespace portd
