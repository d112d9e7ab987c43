#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <sstream>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::FakeAnswer;
using test::lease_of;
using test::PortcWorld;
using test::Ran;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr const char* frees_port = "GET /ports/3000";

// A process of ours that waits for its end.
class Server {
 public:
  explicit Server(bool stubborn = false) : pid(::fork()) {
    if (pid != 0) return;
    if (stubborn) ::signal(SIGTERM, SIG_IGN);
    for (;;) ::pause();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    if (status < 0) ::kill(pid, SIGKILL);
    if (status < 0) ::waitpid(pid, &status, 0);
  }

  bool ended_by(int signal) {
    if (::waitpid(pid, &status, WNOHANG) != pid) return false;
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
  }
  bool lives() const { return ::waitpid(pid, nullptr, WNOHANG) == 0; }

  Listener listener() const {
    Holder process{{"", pid, 1}, "node server.js", "/srv/demo", TimePoint(Millis(1'790'000'000'000))};
    return {Protocol::tcp, "127.0.0.1", Port(3000), 1, 1000, "ada", process};
  }

  pid_t pid;
  int status = -1;
};

PortReport taken_by(std::vector<Listener> listeners) {
  return {Port(3000), Verdict::foreign, {}, std::move(listeners)};
}

PortReport free_port() { return {Port(3000), Verdict::free, {}, {}}; }

// A world of ada, whose portd sees one after the other.
class FreeWorld : public PortcWorld {
 public:
  explicit FreeWorld(const std::vector<PortReport>& reports) {
    environment.user = "ada";
    for (const PortReport& each : reports) {
      sequences[frees_port].push_back(FakeAnswer{200, dump_json(to_json(each))});
    }
    start_portd();
  }

  // At a terminal, where this is typed.
  Ran answer(const std::string& typed) {
    std::istringstream in(typed);
    environment.in = &in;
    environment.terminals = {true, false, true};
    return run({"free", "3000"});
  }
};

TEST(FreeVerb, EndsWhoListensAndSaysThatThePortIsFree) {
  Server server;
  FreeWorld world({taken_by({server.listener()}), taken_by({server.listener()}), free_port()});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const std::string pid = "pid " + std::to_string(server.pid);
  EXPECT_THAT(ran.out, HasSubstr("foreign: port 3000 is not leased; " + pid + " (node server.js) of ada listens"));
  EXPECT_THAT(ran.out, EndsWith("ended " + pid + "; port 3000 is free\n"));
  EXPECT_TRUE(server.ended_by(SIGTERM));
}

TEST(FreeVerb, AsksAtATerminal) {
  Server server;
  FreeWorld world({taken_by({server.listener()}), taken_by({server.listener()}), free_port()});
  const Ran ran = world.answer("y\n");
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.err, "portc: end pid " + std::to_string(server.pid) + " (node server.js) of ada? [y/N] ");
  EXPECT_TRUE(server.ended_by(SIGTERM));
}

TEST(FreeVerb, EndsNobodyWithoutAYes) {
  for (const char* typed : {"\n", "n\n", "yess\n", ""}) {
    Server server;
    FreeWorld world({taken_by({server.listener()})});
    const Ran ran = world.answer(typed);
    EXPECT_EQ(ran.exit, 1) << typed;
    EXPECT_THAT(ran.err, EndsWith("portc: nothing was ended\n"));
    EXPECT_TRUE(server.lives()) << typed;
  }
}

TEST(FreeVerb, WithoutATerminalItNeedsYes) {
  Server server;
  FreeWorld world({taken_by({server.listener()})});
  const Ran ran = world.run({"free", "3000"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("there is no terminal to ask at"));
  EXPECT_THAT(ran.err, HasSubstr("portc free 3000 --yes"));
  EXPECT_TRUE(server.lives());
}

TEST(FreeVerb, APortThatNobodyListensOnIsFreeAlready) {
  FreeWorld world({free_port()});
  const Ran ran = world.run({"free", "3000"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "nobody listens on port 3000; it is free already\n");
}

TEST(FreeVerb, AHeldPortIsNamedWithItsKey) {
  PortReport report{Port(3000), Verdict::reserved, lease_of("acme/web", 3000), {}};
  report.lease->held = true;
  FreeWorld world({report});
  EXPECT_EQ(world.run({"free", "3000"}).out, "nobody listens on port 3000; it is held for acme/web already\n");
}

TEST(FreeVerb, WaitsForTheHoldOfTheLeaseToComeBack) {
  Server server;
  PortReport contested = taken_by({server.listener()});
  contested.verdict = Verdict::contested;
  contested.lease = lease_of("acme/web", 3000);
  PortReport reserved{Port(3000), Verdict::reserved, contested.lease, {}};
  PortReport held = reserved;
  held.lease->held = true;
  FreeWorld world({contested, contested, reserved, held});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, EndsWith("; port 3000 is held for acme/web\n"));
}

// A port that is leased to acme/web, whose server is `own`.
PortReport contested_by(const Server& own, std::vector<Listener> listeners) {
  PortReport report = taken_by(std::move(listeners));
  report.verdict = Verdict::contested;
  report.lease = lease_of("acme/web", 3000);
  report.lease->holder = own.listener().process;
  report.lease->holder_alive = true;
  return report;
}

TEST(FreeVerb, TheServiceOfAContestedPortIsLeftAlone) {
  Server own;
  Server stranger;
  const PortReport contested = contested_by(own, {own.listener(), stranger.listener()});
  PortReport listening = contested_by(own, {own.listener()});
  listening.verdict = Verdict::listening;
  FreeWorld world({contested, contested, listening});
  const Ran ran = world.answer("y\n");
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const std::string pid = "pid " + std::to_string(stranger.pid);
  EXPECT_EQ(ran.err, "portc: end " + pid + " (node server.js) of ada? [y/N] ");
  EXPECT_THAT(ran.out, EndsWith("ended " + pid + "; port 3000 is left to its service acme/web\n"));
  EXPECT_TRUE(stranger.ended_by(SIGTERM));
  EXPECT_TRUE(own.lives());
}

TEST(FreeVerb, AServiceThatTakesItsPortOnceTheIntruderHasEndedIsNoFailure) {
  Server own;
  Server stranger;
  const PortReport contested = contested_by(own, {stranger.listener()});
  PortReport listening = contested_by(own, {own.listener()});
  listening.verdict = Verdict::listening;
  FreeWorld world({contested, contested, listening});
  EXPECT_EQ(world.run({"free", "3000", "--yes"}).exit, 0);
  EXPECT_TRUE(own.lives());
}

TEST(FreeVerb, AnIntruderThatComesBackNextToTheServiceIsSaidSo) {
  Server own;
  Server stranger;
  Server next;
  const PortReport contested = contested_by(own, {own.listener(), stranger.listener()});
  FreeWorld world({contested, contested, contested_by(own, {own.listener(), next.listener()})});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("but pid " + std::to_string(next.pid) + " (node server.js) of ada listens on port"));
  EXPECT_TRUE(own.lives());
}

TEST(FreeVerb, NobodyButTheServiceIsNobodyToEnd) {
  Server own;
  FreeWorld world({contested_by(own, {own.listener()})});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.out, "nobody but its service listens on port 3000; it is leased to acme/web already\n");
  EXPECT_EQ(ran.exit, 0);
  EXPECT_TRUE(own.lives());
}

TEST(FreeVerb, EndsAllThatItNamedOnceAsked) {
  Server one;
  Server other;
  const auto both = taken_by({one.listener(), other.listener()});
  FreeWorld world({both, both, both, free_port()});
  const Ran ran = world.answer("yes\n");
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(one.ended_by(SIGTERM));
  EXPECT_TRUE(other.ended_by(SIGTERM));
}

TEST(FreeVerb, ALaterProcessWithTheSamePidIsLeftAlone) {
  Server server;
  Listener later = server.listener();
  later.process->started_at += Millis(1);
  FreeWorld world({taken_by({server.listener()}), taken_by({later})});
  const Ran ran = world.run({"free", "3000", "--yes", "--timeout", "1s"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("pid " + std::to_string(server.pid) + " had left it already, but pid "));
  EXPECT_TRUE(server.lives());
}

TEST(FreeVerb, WhoDoesNotListenAnyMoreIsLeftAlone) {
  Server server;
  FreeWorld world({taken_by({server.listener()}), free_port()});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, EndsWith("had left it already; port 3000 is free\n"));
  EXPECT_TRUE(server.lives());
}

TEST(FreeVerb, AProcessThatDoesNotEndIsSaidSo) {
  Server server(true);
  FreeWorld world({taken_by({server.listener()})});
  const Ran ran = world.run({"free", "3000", "--yes", "--timeout", "50ms"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("did not end within 50ms"));
}

TEST(FreeVerb, WhatIsStartedAgainIsSaidSo) {
  Server server;
  Server next;
  Listener again = next.listener();
  again.origin.started_by = {{16, "npm run dev"}};
  FreeWorld world({taken_by({server.listener()}), taken_by({server.listener()}), taken_by({again})});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("but pid " + std::to_string(next.pid) + " (node server.js) of ada listens on port"));
  EXPECT_THAT(ran.err, HasSubstr("it was started by pid 16 (npm run dev), which may have to end first"));
  EXPECT_TRUE(next.lives());
}

// The exit code when what is ended listens again at the fourth look after its end.
int exit_after_return(Listener ended) {
  Server server;
  Server next;
  ended.process = server.listener().process;
  const PortReport taken = taken_by({ended});
  FreeWorld world({taken, taken, free_port(), free_port(), free_port(), taken_by({next.listener()})});
  return world.run({"free", "3000", "--yes"}).exit;
}

TEST(FreeVerb, WhatALoopMayStartAgainHasToStayAwayForLonger) {
  Listener one = Server().listener();
  EXPECT_EQ(exit_after_return(one), 0);  // nobody is there to start it again
  one.origin.started_by = {{16, "sh serve-again.sh"}};
  EXPECT_EQ(exit_after_return(one), 1);
}

TEST(FreeVerb, AUnitMayStartItAgain) {
  Server server;
  Listener supervised = server.listener();
  supervised.origin.unit = "demo.service";
  supervised.origin.user_unit = true;
  FreeWorld world({taken_by({supervised}), taken_by({supervised}), free_port()});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, HasSubstr("demo.service may start it again; that ends for good with: systemctl --user stop"));
}

TEST(FreeVerb, AnotherUsersProcessIsNotOursToEnd) {
  Server server;
  Listener other = server.listener();
  other.user = "grace";
  FreeWorld seen({taken_by({other})});
  Ran ran = seen.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 77);
  EXPECT_THAT(ran.err, EndsWith("portc ends your own processes only: sudo kill " + std::to_string(server.pid) + "\n"));
  EXPECT_TRUE(server.lives());
  other.process.reset();
  FreeWorld hidden({taken_by({other})});
  ran = hidden.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 77);
  EXPECT_THAT(ran.err, HasSubstr("a process of grace is another user's"));
}

TEST(FreeVerb, AnOwnProcessThatIsHiddenCannotBeEnded) {
  Server server;
  Listener hidden = server.listener();
  hidden.process.reset();
  FreeWorld world({taken_by({hidden})});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 77);
  EXPECT_THAT(ran.err, HasSubstr("is not to be seen, so portc cannot end it; find out which it is with: sudo ss"));
}

TEST(FreeVerb, NobodyIsEndedWhenOneOfThemIsAnotherUsers) {
  Server server;
  Listener hidden = server.listener();
  hidden.user = "grace";
  hidden.process.reset();
  FreeWorld world({taken_by({server.listener(), hidden})});
  EXPECT_EQ(world.run({"free", "3000", "--yes"}).exit, 77);
  EXPECT_TRUE(server.lives());
}

TEST(FreeVerb, PortdIsStoppedByItsOwnVerb) {
  Server server;
  Listener portd = server.listener();
  portd.process->id.pid = ::getpid();  // whose socket the fake has opened
  FreeWorld world({taken_by({portd})});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("portc daemon stop"));
}

TEST(FreeVerb, AContainerIsStoppedByDocker) {
  Server server;
  Listener published = server.listener();
  published.container = Container{"0123456789ab", "web", "nginx", ""};
  FreeWorld world({taken_by({published})});
  const Ran ran = world.run({"free", "3000", "--yes"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("docker stop web"));
  EXPECT_TRUE(server.lives());
}

TEST(FreeVerb, JsonTellsWhoWasEndedAndHowThePortIsNow) {
  Server server;
  FreeWorld world({taken_by({server.listener()}), taken_by({server.listener()}), free_port()});
  const Json told = *parse_json(world.run({"free", "3000", "--yes", "--json"}).out);
  EXPECT_EQ(told.at("port"), 3000);
  EXPECT_EQ(told.at("ended").at(0).at("pid"), server.pid);
  EXPECT_EQ(told.at("now"), to_json(free_port()));
}

TEST(FreeVerb, RefusesWhatIsNoPortOrNoTime) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"free", "65536", "--yes"}).exit, 2);
  EXPECT_EQ(world.run({"free", "3000", "--timeout", "soon"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
