#include "daemon/core/check_state.hpp"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.hpp"

namespace portd::core {
namespace {

using Verdict = Finding::Verdict;
using namespace std::chrono_literals;

Check http_check(CheckSchedule schedule = {}) { return {"web", CheckType::http, schedule}; }

Check ttl_check(Millis ttl) {
  CheckSchedule schedule;
  schedule.interval = ttl;
  return {"beat", CheckType::ttl, schedule};
}

CheckSchedule without_start_period() {
  CheckSchedule schedule;
  schedule.start_period = Millis::zero();
  return schedule;
}

// One check, looked at whenever it is due.
class Watched {
 public:
  test::ManualClock clock;
  CheckState state;

  explicit Watched(Check check, double share = 0.5) : state(std::move(check), clock.now(), share) {}

  Millis wait() const { return std::chrono::ceil<Millis>(state.due() - clock.now().steady); }

  bool record(Verdict verdict, std::string output = "") {
    return state.record({verdict, std::move(output), "127.0.0.1", 700us}, clock.now());
  }
  // Waits until it is due.
  bool look(Verdict verdict, std::string output = "") {
    clock.advance(std::max(wait(), Millis::zero()));
    return record(verdict, std::move(output));
  }
  void look(Verdict verdict, int times) {
    for (int i = 0; i < times; ++i) look(verdict);
  }
};

TEST(CheckState, IsDueAtOnceAndStartsWithoutAReport) {
  const Watched watched(http_check());
  EXPECT_EQ(watched.wait(), 0ms);
  EXPECT_EQ(watched.state.status(), Status::starting);
  EXPECT_FALSE(watched.state.report().last_run);
  EXPECT_FALSE(watched.state.report().latency);
}

TEST(CheckState, LooksEveryStartIntervalUntilTheFirstPass) {
  Watched watched(http_check());
  watched.look(Verdict::fail);
  EXPECT_EQ(watched.wait(), 250ms);
  watched.look(Verdict::fail);
  EXPECT_EQ(watched.wait(), 250ms);
  EXPECT_TRUE(watched.look(Verdict::pass));
  EXPECT_EQ(watched.wait(), 5s);
  watched.look(Verdict::pass);
  EXPECT_EQ(watched.wait(), 10s);
}

TEST(CheckState, StaysStartingForTheWholeStartPeriodWhateverFails) {
  Watched watched(http_check());
  while (watched.clock.now().steady + watched.wait() < SteadyPoint(1h) + 30s) {
    EXPECT_FALSE(watched.look(Verdict::fail));
    EXPECT_EQ(watched.state.status(), Status::starting);
  }
}

TEST(CheckState, IsCriticalAtTheEndOfTheStartPeriodIfItFailedAllTheWay) {
  Watched watched(http_check());
  watched.look(Verdict::fail, 120);
  EXPECT_EQ(watched.state.status(), Status::starting);
  EXPECT_EQ(watched.clock.now().steady, SteadyPoint(1h) + 29s + 750ms);
  EXPECT_TRUE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::critical);
  EXPECT_EQ(watched.wait(), 5s);
}

TEST(CheckState, WithoutAStartPeriodTheThresholdHoldsAllTheSame) {
  Watched watched(http_check(without_start_period()));
  EXPECT_FALSE(watched.look(Verdict::fail));
  EXPECT_FALSE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::starting);
  EXPECT_TRUE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::critical);
}

TEST(CheckState, OnlyTheThirdFailureInARowIsCritical) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  EXPECT_FALSE(watched.look(Verdict::fail));
  EXPECT_FALSE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::passing);
  EXPECT_TRUE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::critical);
}

TEST(CheckState, OneFailureAmongPassesNeverFlips) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(watched.look(Verdict::fail));
    EXPECT_FALSE(watched.look(Verdict::fail));
    EXPECT_FALSE(watched.look(Verdict::pass));
  }
  EXPECT_EQ(watched.state.status(), Status::passing);
}

TEST(CheckState, OneFailureIsEnoughWhenTheThresholdIsOne) {
  CheckSchedule schedule;
  schedule.failures = 1;
  Watched watched(http_check(schedule));
  watched.look(Verdict::pass);
  EXPECT_TRUE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::critical);
}

TEST(CheckState, RecoversAfterAsManyPassesAsAreAskedFor) {
  CheckSchedule schedule;
  schedule.successes = 2;
  Watched watched(http_check(schedule));
  EXPECT_FALSE(watched.look(Verdict::pass));
  EXPECT_EQ(watched.state.status(), Status::starting);
  EXPECT_TRUE(watched.look(Verdict::pass));
  watched.look(Verdict::fail, 3);
  EXPECT_EQ(watched.state.status(), Status::critical);

  EXPECT_FALSE(watched.look(Verdict::pass));
  EXPECT_FALSE(watched.look(Verdict::fail));
  EXPECT_FALSE(watched.look(Verdict::pass));
  EXPECT_TRUE(watched.look(Verdict::pass));
  EXPECT_EQ(watched.state.status(), Status::passing);
}

TEST(CheckState, AWarningIsWellAndShownAtOnce) {
  Watched watched(http_check());
  EXPECT_TRUE(watched.look(Verdict::warn));
  EXPECT_EQ(watched.state.status(), Status::warning);
  EXPECT_EQ(watched.wait(), 5s);
  EXPECT_TRUE(watched.look(Verdict::pass));
  EXPECT_TRUE(watched.look(Verdict::warn));
  watched.look(Verdict::fail, 2);
  EXPECT_EQ(watched.state.status(), Status::warning);
}

TEST(CheckState, AnImpostorIsCriticalAtOnceAndForgottenAtTheNextPass) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  EXPECT_TRUE(watched.look(Verdict::impostor));
  EXPECT_EQ(watched.state.status(), Status::critical);
  EXPECT_TRUE(watched.state.impostor());
  EXPECT_TRUE(watched.look(Verdict::pass));
  EXPECT_FALSE(watched.state.impostor());
}

TEST(CheckState, AnImpostorThatEndedLeavesACriticalServiceThatIsNoImpostor) {
  Watched watched(http_check());
  watched.look(Verdict::impostor);
  EXPECT_FALSE(watched.look(Verdict::fail));
  EXPECT_EQ(watched.state.status(), Status::critical);
  EXPECT_FALSE(watched.state.impostor());
}

TEST(CheckState, AnImpostorAtTheStartDoesNotSlowTheFirstLooksDown) {
  Watched watched(http_check());
  watched.look(Verdict::impostor);
  EXPECT_EQ(watched.wait(), 250ms);
}

TEST(CheckState, ALookThatCouldNotBeMadeChangesNothing) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  watched.look(Verdict::fail, 2);
  const CheckReport before = watched.state.report();
  EXPECT_FALSE(watched.look(Verdict::none, "too many open files"));
  EXPECT_EQ(watched.state.report(), before);
  EXPECT_EQ(watched.wait(), 10s);
  EXPECT_TRUE(watched.look(Verdict::fail));
}

TEST(CheckState, ALookThatCouldNotBeMadeDoesNotAcquitAnImpostor) {
  Watched watched(http_check());
  watched.look(Verdict::impostor);
  watched.look(Verdict::none);
  EXPECT_TRUE(watched.state.impostor());
  EXPECT_EQ(watched.state.status(), Status::critical);
}

TEST(CheckState, TheRegularMomentsDoNotDrift) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  const SteadyPoint first = watched.state.due();
  for (int i = 0; i < 100; ++i) {
    watched.clock.advance(watched.wait() + 37ms);  // the look takes its time
    watched.record(Verdict::pass);
  }
  EXPECT_EQ(watched.state.due(), first + 100 * 10s);
}

TEST(CheckState, MissedMomentsAreSkipped) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  const SteadyPoint first = watched.state.due();
  watched.clock.advance(watched.wait() + 34s);
  watched.record(Verdict::pass);
  EXPECT_EQ(watched.state.due(), first + 40s);
}

TEST(CheckState, SlowFailuresAtTheStartAreNotMadeUpFor) {
  Watched watched(http_check());
  watched.clock.advance(2s + 1ms);
  watched.record(Verdict::fail);
  EXPECT_EQ(watched.wait(), 249ms);
}

TEST(CheckState, TheShareStaggersTheRegularMoments) {
  for (const auto& [share, wait] : {std::pair{0.0, 10'000ms}, {0.1, 1'000ms}, {0.999, 9'990ms}}) {
    Watched watched(http_check(), share);
    watched.look(Verdict::pass);
    EXPECT_EQ(watched.wait(), wait) << share;
  }
}

TEST(CheckState, HurryingLooksAtOnceAndDoesNotMoveTheRegularMoments) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  const SteadyPoint regular = watched.state.due();
  watched.clock.advance(3s);
  watched.state.hurry(watched.clock.now());
  EXPECT_EQ(watched.wait(), 0ms);
  watched.record(Verdict::pass);
  EXPECT_EQ(watched.state.due(), regular);
}

TEST(CheckState, HurryingLooksOftenUntilItIsWellAgain) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  watched.state.hurry(watched.clock.now());
  watched.look(Verdict::fail);
  EXPECT_EQ(watched.wait(), 250ms);
  watched.look(Verdict::fail, 2);
  EXPECT_EQ(watched.state.status(), Status::critical);
  EXPECT_EQ(watched.wait(), 250ms);
  watched.look(Verdict::pass);
  EXPECT_EQ(watched.wait(), 4'250ms);
}

TEST(CheckState, HurryingEndsAfterAnotherStartPeriod) {
  Watched watched(http_check());
  watched.look(Verdict::pass);
  watched.state.hurry(watched.clock.now());
  watched.look(Verdict::fail, 120);
  EXPECT_EQ(watched.wait(), 250ms);
  watched.look(Verdict::fail);
  EXPECT_GT(watched.wait(), 250ms);
  EXPECT_EQ((watched.state.due() - SteadyPoint(1h)) % 10s, 5s);
}

TEST(CheckState, AReportTellsOfTheLastLook) {
  Watched watched(http_check());
  watched.clock.advance(3s);
  watched.record(Verdict::fail, "connection refused on 27432");
  EXPECT_EQ(watched.state.report().output, "connection refused on 27432");
  EXPECT_EQ(watched.state.report().last_run, watched.clock.now().wall);
  EXPECT_EQ(watched.state.report().latency, 700us);
}

TEST(CheckState, KeepsFourKilobytesOfOutputAndNoHalfCharacter) {
  Watched watched(http_check());
  watched.record(Verdict::fail, std::string(5000, 'x'));
  EXPECT_EQ(watched.state.report().output, std::string(4096, 'x'));
  watched.record(Verdict::fail, std::string(4095, 'x') + "€uro");
  EXPECT_EQ(watched.state.report().output, std::string(4095, 'x'));
  watched.record(Verdict::fail, std::string(4093, 'x') + "€uro");
  EXPECT_EQ(watched.state.report().output, std::string(4093, 'x') + "€");
}

TEST(CheckState, OutputThatIsNoTextIsCutToo) {
  Watched watched(http_check());
  watched.record(Verdict::fail, std::string(5000, '\x80'));
  EXPECT_GE(watched.state.report().output.size(), 4092U);
}

TEST(CheckState, ATtlCheckIsStartingUntilItsFirstBeat) {
  Watched watched(ttl_check(10s));
  EXPECT_EQ(watched.state.status(), Status::starting);
  EXPECT_EQ(watched.wait(), 10s);
  watched.clock.advance(4s);
  EXPECT_TRUE(watched.state.beat({Status::passing, "42 jobs"}, watched.clock.now()));
  EXPECT_EQ(watched.state.status(), Status::passing);
  EXPECT_EQ(watched.state.report().output, "42 jobs");
  EXPECT_EQ(watched.state.report().last_run, watched.clock.now().wall);
  EXPECT_EQ(watched.wait(), 10s);
}

TEST(CheckState, ABeatSaysWhatTheStatusIs) {
  Watched watched(ttl_check(10s));
  EXPECT_TRUE(watched.state.beat({Status::warning, "slow"}, watched.clock.now()));
  EXPECT_TRUE(watched.state.beat({Status::critical, "stuck"}, watched.clock.now()));
  EXPECT_FALSE(watched.state.beat({Status::critical, "stuck"}, watched.clock.now()));
  EXPECT_TRUE(watched.state.beat({Status::passing, ""}, watched.clock.now()));
}

TEST(CheckState, ATtlCheckThatIsNotRenewedIsCriticalAndKeepsItsOutput) {
  Watched watched(ttl_check(10s));
  watched.state.beat({Status::passing, "42 jobs"}, watched.clock.now());
  watched.clock.advance(10s);
  EXPECT_TRUE(watched.state.lapse(watched.clock.now()));
  EXPECT_EQ(watched.state.status(), Status::critical);
  EXPECT_EQ(watched.state.report().output, "42 jobs");
  EXPECT_TRUE(watched.state.lapsed());
  EXPECT_EQ(watched.state.due(), SteadyPoint::max());
}

TEST(CheckState, ALapseBeforeItIsDueIsNothing) {
  Watched watched(ttl_check(10s));
  watched.clock.advance(9'999ms);
  EXPECT_FALSE(watched.state.lapse(watched.clock.now()));
  EXPECT_FALSE(watched.state.lapsed());
  EXPECT_EQ(watched.state.status(), Status::starting);
  EXPECT_EQ(watched.wait(), 1ms);
}

TEST(CheckState, ABeatAfterTheLapseIsWellAgain) {
  Watched watched(ttl_check(10s));
  watched.clock.advance(10s);
  watched.state.lapse(watched.clock.now());
  EXPECT_FALSE(watched.state.lapse(watched.clock.now()));
  EXPECT_TRUE(watched.state.beat({Status::passing, ""}, watched.clock.now()));
  EXPECT_FALSE(watched.state.lapsed());
  EXPECT_EQ(watched.wait(), 10s);
}

TEST(CheckState, HurryingATtlCheckDoesNotLapseIt) {
  Watched watched(ttl_check(10s));
  watched.state.hurry(watched.clock.now());
  EXPECT_EQ(watched.wait(), 10s);
}

}  // namespace
}  // namespace portd::core
