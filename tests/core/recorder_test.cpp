#include "daemon/core/recorder.hpp"

#include <gmock/gmock.h>

#include "tests/support/fake_history.hpp"
#include "tests/support/service_world.hpp"

namespace portd::test {
namespace {

using namespace std::chrono_literals;
using core::Came;
using core::Census;
using core::MinuteSample;
using core::Went;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Leases and services whose doings are recorded.
struct RecordedWorld : ServiceWorld {
  FakeHistory history;
  core::Recorder recorder{history, leases, processes, 1000, [this] { return clock.now(); }};
  core::JournalListeners all{&leases, &registry, &announcer, &recorder};

  RecordedWorld() {
    journal.attach(all);
    health.tell(recorder);
    events.on_published([this](const core::Event& event) { recorder.heard(event); });
    recorder.begin(clock.now());
    history.records.clear();
  }

  TimePoint now() const { return clock.now().wall; }
  Listener listener(std::uint16_t port, pid_t pid, const std::string& cwd = "/srv") {
    Listener listener{Protocol::tcp, "127.0.0.1", Port(port), std::uint64_t{port} * 7, 1000, "me"};
    listener.process = Holder{{"boot", pid, 5}, "python -m http.server", cwd, now()};
    return listener;
  }
  MinuteSample minute() {
    clock.advance(1min);
    history.records.clear();
    recorder.look(clock.now());
    return history.all<MinuteSample>().at(0);
  }
};

TEST(Recorder, AGrantBeginsAnIntervalAndAReleaseEndsIt) {
  RecordedWorld world;
  const TimePoint granted_at = world.now();
  const Lease lease = world.granted("shop");
  world.clock.advance(5s);
  world.release(lease.port);

  const auto came = world.history.all<Came>();
  ASSERT_THAT(came, SizeIs(1));
  EXPECT_EQ(came[0].entry.port, lease.port);
  EXPECT_EQ(came[0].entry.from, granted_at);
  EXPECT_EQ(came[0].entry.key, lease.key);
  EXPECT_EQ(came[0].entry.lease, lease.id);
  EXPECT_EQ(came[0].entry.reason, "granted");
  const auto went = world.history.all<Went>();
  ASSERT_THAT(went, SizeIs(1));
  EXPECT_EQ(went[0].identity, came[0].identity);
  EXPECT_EQ(went[0].reason, "released");
  EXPECT_EQ(went[0].at, granted_at + 5s);
}

TEST(Recorder, ARenewalIsNoNewInterval) {
  RecordedWorld world;
  const Lease lease = world.granted("shop");
  world.history.records.clear();
  world.clock.advance(2min);
  world.granted("shop");
  EXPECT_THAT(world.history.all<Came>(), IsEmpty());
  EXPECT_THAT(world.history.all<Went>(), IsEmpty());
}

TEST(Recorder, AMoveEndsAndBeginsAtOneMoment) {
  RecordedWorld world;
  const Lease first = world.granted("shop");
  world.history.records.clear();
  world.clock.advance(5s);
  const Lease moved = world.granted(LeaseWorld::ask_port("shop", 20500, OnConflict::next));
  ASSERT_NE(first.port, moved.port);
  const auto went = world.history.all<Went>();
  const auto came = world.history.all<Came>();
  ASSERT_THAT(went, SizeIs(1));
  ASSERT_THAT(came, SizeIs(1));
  EXPECT_EQ(went[0].at, came[0].entry.from);
  EXPECT_EQ(went[0].reason, "moved");
  EXPECT_EQ(came[0].entry.port, moved.port);
}

TEST(Recorder, WhatIsNotDurableIsNotRecorded) {
  RecordedWorld world;
  world.journal.immediate = false;
  world.granted("shop");
  world.journal.fail();
  EXPECT_THAT(world.history.records, IsEmpty());
}

TEST(Recorder, AListenerThatNobodyLeasedIsForeign) {
  RecordedWorld world;
  const Listener python = world.listener(8000, 42);
  world.recorder.appeared(python, world.now());
  const core::HistoryEntry entry = world.history.all<Came>().at(0).entry;
  EXPECT_EQ(entry.what, core::Possession::listener);
  EXPECT_EQ(entry.verdict, Verdict::foreign);
  EXPECT_FALSE(entry.key);
  EXPECT_EQ(entry.pid, 42);
  EXPECT_EQ(entry.command, "python -m http.server");
  EXPECT_EQ(entry.cwd, "/srv");
  EXPECT_EQ(entry.user, "me");
  EXPECT_EQ(world.recorder.ports().foreign, 1U);
  world.recorder.vanished(python, world.now());
  EXPECT_EQ(world.history.all<Went>().at(0).identity, world.history.all<Came>().at(0).identity);
  EXPECT_EQ(world.recorder.ports().foreign, 0U);
}

// Of shop, in /srv/shop; what is recorded of that is forgotten.
Lease leased_in_a_folder(RecordedWorld& world) {
  GrantRequest request = LeaseWorld::ask("shop");
  request.cwd = "/srv/shop";
  Lease lease = world.granted(request);
  world.history.records.clear();
  return lease;
}

TEST(Recorder, AListenerOnALeasedPortIsTheLeasesOrContestsIt) {
  RecordedWorld world;
  const Lease lease = leased_in_a_folder(world);
  world.recorder.appeared(world.listener(lease.port.number(), 42, "/srv/shop"), world.now());
  world.recorder.appeared(world.listener(lease.port.number(), 43, "/elsewhere"), world.now());
  const auto came = world.history.all<Came>();
  EXPECT_EQ(came.at(0).entry.verdict, Verdict::listening);
  EXPECT_EQ(came.at(0).entry.key, lease.key);
  EXPECT_EQ(came.at(0).entry.lease, lease.id);
  EXPECT_EQ(came.at(1).entry.verdict, Verdict::contested);
  EXPECT_FALSE(came.at(1).entry.key);
  EXPECT_EQ(world.recorder.ports().foreign, 0U);
}

TEST(Recorder, AListenerByAnotherProtocolThanTheLeasesIsForeign) {
  RecordedWorld world;
  const Lease lease = leased_in_a_folder(world);
  Listener other = world.listener(lease.port.number(), 43, "/elsewhere");
  other.protocol = Protocol::udp;
  world.recorder.appeared(other, world.now());
  EXPECT_EQ(world.history.all<Came>().at(0).entry.verdict, Verdict::foreign);
}

// "foreign -", "listening shop", "contested -" of whoever listens, in order.
std::vector<std::string> verdicts(const FakeHistory& history) {
  std::vector<std::string> told;
  for (const Came& came : history.all<Came>()) {
    if (came.entry.what != core::Possession::listener) continue;
    told.push_back(std::string(to_text(*came.entry.verdict)) + " " + (came.entry.key ? came.entry.key->service : "-"));
  }
  return told;
}

TEST(Recorder, AListenerBecomesThatOfWhoeverItsPortIsLeasedTo) {
  RecordedWorld world;
  const Listener server = world.listener(20500, 42);
  world.recorder.appeared(server, world.now());
  world.clock.advance(5s);
  GrantRequest request = LeaseWorld::ask_port("shop", 20500, OnConflict::fail);
  request.cwd = "/srv";
  world.granted(request);
  world.clock.advance(5s);
  world.release(Port(20500));
  EXPECT_THAT(verdicts(world.history), ElementsAre("foreign -", "listening shop", "foreign -"));
  const auto came = world.history.all<Came>();
  for (const Went& went : world.history.all<Went>()) {
    if (went.identity != came.at(0).identity) continue;
    EXPECT_THAT(went.reason, AnyOf("granted", "released"));
  }
  world.history.records.clear();
  world.recorder.vanished(server, world.now());
  EXPECT_EQ(world.history.all<Went>().at(0).identity, came.at(0).identity);
}

TEST(Recorder, AListenerThatIsJudgedAsBeforeGoesOn) {
  RecordedWorld world;
  world.recorder.appeared(world.listener(20500, 42), world.now());
  world.recorder.appeared(world.listener(20502, 43), world.now());
  world.granted(LeaseWorld::ask_port("shop", 20501, OnConflict::fail));
  const Lease lease = world.granted("api");
  world.leases.set_state(lease.port, LeaseState::contested);
  EXPECT_THAT(verdicts(world.history), ElementsAre("foreign -", "foreign -"));
}

TEST(Recorder, ALeaseThatIsNotKeptIsNobodysListener) {
  RecordedWorld world;
  world.journal.immediate = false;
  GrantRequest request = LeaseWorld::ask_port("shop", 20500, OnConflict::fail);
  request.cwd = "/srv";
  world.granted(request);
  world.recorder.appeared(world.listener(20500, 42), world.now());
  world.journal.fail();
  EXPECT_THAT(verdicts(world.history), ElementsAre("listening shop", "foreign -"));
}

TEST(Recorder, ALeaseOutlivesItsProcessesAndNamesNone) {
  RecordedWorld world;
  GrantRequest request = LeaseWorld::ask("shop");
  request.pid = 42;
  world.processes.start(42);
  world.granted(request);
  const core::HistoryEntry entry = world.history.all<Came>().at(0).entry;
  EXPECT_FALSE(entry.pid);
  EXPECT_EQ(entry.command, "");
}

TEST(Recorder, EveryMinuteWhatWasCountedIsHandedOver) {
  RecordedWorld world;
  const Lease lease = world.granted("shop");
  world.granted("api");
  world.release(lease.port);
  world.recorder.refused_port();
  world.recorder.look(world.clock.now());
  EXPECT_THAT(world.history.all<MinuteSample>(), IsEmpty());
  const MinuteSample first = world.minute();
  EXPECT_EQ(first.changes, (core::ChangeCounts{2, 1, 0, 0, 1}));
  EXPECT_EQ(first.ports, (core::PortCounts{1, 0, 0}));
  EXPECT_EQ(first.at, world.now());
  EXPECT_EQ(world.minute().changes, core::ChangeCounts());
}

TEST(Recorder, ALeaseThatBecomesContestedIsAConflict) {
  RecordedWorld world;
  const Lease lease = world.granted("shop");
  world.leases.set_state(lease.port, LeaseState::contested);
  world.leases.set_state(lease.port, LeaseState::listening);
  const MinuteSample minute = world.minute();
  EXPECT_EQ(minute.changes.conflicts, 1U);
  EXPECT_EQ(minute.ports, (core::PortCounts{1, 1, 0}));
}

TEST(Recorder, ServicesAreCountedFromWhatHealthFinds) {
  RecordedWorld world;
  ASSERT_TRUE(world.declare("web", ServiceWorld::with(ServiceWorld::check(CheckType::tcp))));
  world.passes("web");
  world.clock.advance(10s);
  for (int times = 0; times < 3; ++times) world.fails("web");
  const MinuteSample minute = world.minute();
  ASSERT_THAT(minute.services, SizeIs(1));
  EXPECT_EQ(minute.services[0].key, ServiceWorld::key("web"));
  EXPECT_EQ(minute.services[0].checks, 4U);
  EXPECT_EQ(minute.services[0].failures, 3U);
  EXPECT_EQ(minute.services[0].up, 10s);
  EXPECT_EQ(minute.services[0].watched, 70s);
}

TEST(Recorder, AfterALossEverybodyIsToldAnew) {
  RecordedWorld world;
  const Lease lease = world.granted("shop");
  world.recorder.appeared(world.listener(8000, 42), world.now());
  world.history.lost = true;
  world.minute();
  const auto censuses = world.history.all<Census>();
  ASSERT_THAT(censuses, SizeIs(1));
  ASSERT_THAT(censuses[0].present, SizeIs(2));
  EXPECT_EQ(censuses[0].present[0].entry.port, lease.port);
  EXPECT_EQ(censuses[0].present[0].entry.from, lease.updated_at);
  EXPECT_EQ(censuses[0].present[1].entry.port, Port(8000));
  world.minute();
  EXPECT_THAT(world.history.all<Census>(), IsEmpty());
}

TEST(Recorder, AnEndlessCommandIsCut) {
  RecordedWorld world;
  Listener listener = world.listener(8000, 42);
  listener.process->command = std::string(100'000, 'x');
  world.recorder.appeared(listener, world.now());
  EXPECT_EQ(world.history.all<Came>().at(0).entry.command.size(), 1024U);
}

}  // namespace
}  // namespace portd::test
