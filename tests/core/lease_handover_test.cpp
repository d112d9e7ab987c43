// A socket that listens goes to the launcher, and the hold is strict meanwhile.
#include <gmock/gmock.h>

#include "daemon/core/leases.hpp"
#include "tests/support/lease_world.hpp"

namespace portd::core {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Launch : test::LeaseWorld {
  Lease lease;

  explicit Launch(HoldMode hold = HoldMode::open) {
    GrantRequest request = ask("shop");
    request.hold = hold;
    lease = granted(request);
  }
  Result<Handover> hand_over(const std::optional<std::string>& expected = {}) {
    return leases.hand_over(lease.port, expected, *ListenAddress::parse("::1"), clock.now());
  }
  void listen(Port port, Protocol protocol = Protocol::tcp) {
    Listener listener;
    listener.protocol = protocol;
    listener.port = port;
    listener.inode = 42;
    listener.user = "dev";
    listener.process = processes.start(42);
    listeners.listening.push_back(listener);
  }
  LeasePatch patch(HoldMode hold) const {
    LeasePatch change;
    change.hold = hold;
    return change;
  }
  HoldMode shown() const { return leases.view(*leases.table().find(lease.port)).hold; }
  HoldMode kernel() const { return holds.taken.at(lease.port); }
};

TEST(Handing, GivesASocketOnTheAddressAndMakesTheHoldStrict) {
  Launch launch;
  const auto handover = launch.hand_over();
  ASSERT_TRUE(handover);
  EXPECT_TRUE(handover->socket);
  EXPECT_EQ(handover->lease.id, launch.lease.id);
  EXPECT_EQ(launch.holds.listened, (std::vector<std::pair<Port, std::string>>{{launch.lease.port, "::1"}}));
  EXPECT_EQ(launch.shown(), HoldMode::strict);
  EXPECT_EQ(launch.kernel(), HoldMode::strict);
  EXPECT_TRUE(launch.leases.handed_over(launch.lease.port));
}

TEST(Handing, IsNotWrittenDown) {
  Launch launch;
  const auto before = launch.journal.newest();
  ASSERT_TRUE(launch.hand_over());
  EXPECT_EQ(launch.journal.newest(), before);
  EXPECT_EQ(launch.leases.table().find(launch.lease.port)->hold, HoldMode::open);
}

TEST(Handing, ItsEndBringsTheLeasesOwnHoldBack) {
  for (const HoldMode own : {HoldMode::open, HoldMode::strict}) {
    Launch launch(own);
    ASSERT_TRUE(launch.hand_over());
    launch.leases.end_handover(launch.lease.port);
    EXPECT_EQ(launch.shown(), own);
    EXPECT_EQ(launch.kernel(), own);
  }
}

TEST(Handing, AGrantThatExpectsItIsHeldStrictlyFromTheFirstMomentAndIsNotWrittenDown) {
  test::LeaseWorld world;
  GrantRequest request = world.ask("shop");
  request.handover = true;
  const Lease lease = world.granted(request);
  EXPECT_EQ(lease.hold, HoldMode::strict);
  EXPECT_EQ(world.holds.taken.at(lease.port), HoldMode::strict);
  EXPECT_EQ(world.leases.table().find(lease.port)->hold, HoldMode::open);
  world.leases.end_handover(lease.port);  // as the watch does where nobody listens
  EXPECT_EQ(world.holds.taken.at(lease.port), HoldMode::open);
  EXPECT_EQ(world.granted(request).hold, HoldMode::strict) << "asking again";
}

TEST(Handing, APortThatSomebodyListensOnIsInUseAndNamesWho) {
  Launch launch;
  launch.listen(launch.lease.port);
  const auto handover = launch.hand_over();
  ASSERT_FALSE(handover);
  EXPECT_EQ(handover.error().problem, Problem::port_in_use);
  EXPECT_THAT(handover.error().detail, HasSubstr("pid 42 (app)"));
  EXPECT_THAT(launch.holds.listened, IsEmpty());
  EXPECT_EQ(launch.kernel(), HoldMode::open);
}

TEST(Handing, AUdpSocketAndAnotherPortsListenerAreNotInTheWay) {
  Launch launch;
  launch.listen(launch.lease.port, Protocol::udp);
  launch.listen(Port(launch.lease.port.number() + 1));
  EXPECT_TRUE(launch.hand_over());
}

TEST(Handing, ASecondOneWhileTheFirstLivesLeavesTheHoldStrict) {
  Launch launch;
  ASSERT_TRUE(launch.hand_over());
  launch.listen(launch.lease.port);
  EXPECT_EQ(launch.hand_over().error().problem, Problem::port_in_use);
  EXPECT_EQ(launch.kernel(), HoldMode::strict);
}

TEST(Handing, APortThatTheKernelDoesNotGiveStaysAsItWas) {
  Launch launch;
  launch.holds.foreign.insert(launch.lease.port);
  EXPECT_EQ(launch.hand_over().error().problem, Problem::port_in_use);
  EXPECT_EQ(launch.kernel(), HoldMode::open);
  EXPECT_FALSE(launch.leases.handed_over(launch.lease.port));
}

TEST(Handing, NoLeaseIsNotFoundAndAnotherIsStale) {
  Launch launch;
  EXPECT_EQ(launch.hand_over("00000007-99").error().problem, Problem::stale_lease);
  EXPECT_TRUE(launch.hand_over(launch.lease.id));
  launch.release(launch.lease.port);
  EXPECT_EQ(launch.hand_over().error().problem, Problem::not_found);
}

TEST(Handing, AUdpLeaseIsRefused) {
  Launch launch;
  GrantRequest request = launch.ask("dns");
  request.protocol = Protocol::udp;
  const Lease udp = launch.granted(request);
  const auto handover = launch.leases.hand_over(udp.port, {}, {}, launch.clock.now());
  EXPECT_EQ(handover.error().problem, Problem::invalid_value);
}

TEST(Handing, ALeaseWithoutAHoldGetsItsSocketAndNoHold) {
  Launch launch(HoldMode::none);
  ASSERT_TRUE(launch.hand_over());
  EXPECT_EQ(launch.shown(), HoldMode::none);
  EXPECT_FALSE(launch.holds.held(launch.lease.port));
}

TEST(Handing, AHoldThatWasMissingIsTakenFirst) {
  Launch launch(HoldMode::none);
  launch.holds.descriptors_short = true;
  ASSERT_TRUE(launch.leases.patch(launch.lease.port, {}, launch.patch(HoldMode::open), {1000}, launch.clock.now()));
  launch.holds.descriptors_short = false;
  ASSERT_TRUE(launch.hand_over());
  EXPECT_EQ(launch.kernel(), HoldMode::strict);
}

TEST(Handing, AChangeOfTheHoldWaitsForItsEnd) {
  for (const HoldMode wanted : {HoldMode::open, HoldMode::none}) {
    Launch launch(HoldMode::strict);
    ASSERT_TRUE(launch.hand_over());
    ASSERT_TRUE(launch.leases.patch(launch.lease.port, {}, launch.patch(wanted), {1000}, launch.clock.now()));
    EXPECT_EQ(launch.kernel(), HoldMode::strict);
    launch.leases.end_handover(launch.lease.port);
    EXPECT_EQ(launch.holds.held(launch.lease.port), wanted != HoldMode::none);
    EXPECT_EQ(launch.shown(), wanted);
  }
}

TEST(Handing, AChangeThatIsUndoneLeavesTheHoldStrict) {
  Launch launch;
  ASSERT_TRUE(launch.hand_over());
  launch.journal.immediate = false;
  ASSERT_TRUE(launch.leases.patch(launch.lease.port, {}, launch.patch(HoldMode::none), {1000}, launch.clock.now()));
  launch.journal.fail({Problem::disk_full, "full"});
  EXPECT_EQ(launch.kernel(), HoldMode::strict);
}

TEST(Handing, AReleaseForgetsIt) {
  Launch launch;
  ASSERT_TRUE(launch.hand_over());
  launch.release(launch.lease.port);
  EXPECT_FALSE(launch.leases.handed_over(launch.lease.port));
  EXPECT_FALSE(launch.holds.held(launch.lease.port));
}

TEST(Handing, APortIsNotReclaimedWhileItsSocketLives) {
  Launch launch;
  launch.processes.start(7);
  GrantRequest request = launch.ask("web");
  request.pid = 7;
  const Lease web = launch.granted(request);
  ASSERT_TRUE(launch.leases.hand_over(web.port, {}, {}, launch.clock.now()));
  launch.listen(web.port);
  launch.processes.exit(7);
  const GrantRequest other = launch.ask_port("other", web.port.number(), OnConflict::reclaim);
  EXPECT_EQ(launch.refused(other), Problem::port_in_use);
  launch.leases.end_handover(web.port);
  EXPECT_EQ(launch.granted(other).port, web.port);
}

// A launcher, pid 7.
struct Launcher : Launch {
  GrantRequest request = ask("web");
  Port port{1};

  Launcher() {
    processes.start(7);
    request.pid = 7;
    request.handover = true;
    port = granted(request).port;
    request.handover = false;
  }
  void take_socket() {
    if (!leases.hand_over(port, {}, {}, clock.now())) throw std::runtime_error("no socket");
    listen(port);
  }
  HoldMode mode() const { return holds.taken.at(port); }
};

TEST(Handing, TheLaunchersEndOpensTheHoldAtOnce) {
  Launcher launcher;
  launcher.take_socket();
  launcher.listeners.listening.clear();
  launcher.processes.exit(7);
  EXPECT_EQ(launcher.mode(), HoldMode::open);
  EXPECT_FALSE(launcher.leases.handed_over(launcher.port));
}

TEST(Handing, TheLaunchersEndLeavesASocketThatOutlivesItAlone) {
  Launcher launcher;
  launcher.take_socket();
  launcher.processes.exit(7);
  EXPECT_EQ(launcher.mode(), HoldMode::strict);
}

TEST(Handing, ALauncherThatEndsBeforeItsSocketTakesThePromiseBack) {
  Launcher launcher;
  launcher.processes.exit(7);
  EXPECT_EQ(launcher.mode(), HoldMode::open);
}

TEST(Handing, AGrantWithoutOneOpensTheHoldWhereNobodyListensAnyMore) {
  Launcher launcher;
  launcher.take_socket();
  EXPECT_EQ(launcher.granted(launcher.request).hold, HoldMode::strict) << "it listens";
  launcher.listeners.listening.clear();
  EXPECT_EQ(launcher.granted(launcher.request).hold, HoldMode::open);
  EXPECT_EQ(launcher.mode(), HoldMode::open);
}

TEST(Handing, APromiseIsTakenBackByItsHolderAlone) {
  Launcher launcher;
  launcher.request.pid.reset();
  EXPECT_EQ(launcher.granted(launcher.request).hold, HoldMode::strict) << "somebody else asks for the key";
  launcher.request.pid = 7;
  EXPECT_EQ(launcher.granted(launcher.request).hold, HoldMode::open);
}

TEST(Handing, APromiseThatNobodyKeptIsOverForEverybody) {
  Launcher launcher;
  launcher.clock.advance(Millis(2'000));
  launcher.request.pid.reset();
  EXPECT_EQ(launcher.granted(launcher.request).hold, HoldMode::open);
}

}  // namespace
}  // namespace portd::core
