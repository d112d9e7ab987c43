// Granting and asking again.
#include "tests/support/lease_world.hpp"

namespace portd::core {
namespace {

using test::LeaseWorld;

TEST(Granting, TheSameKeyGetsTheSamePort) {
  LeaseWorld world;
  const Lease first = world.granted("shop");
  auto again = world.grant(world.ask("shop"));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->leases[0].port, first.port);
  EXPECT_EQ(again->leases[0].id, first.id);
}

TEST(Granting, ANewLeaseIsHeldReservedAndSticky) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  EXPECT_TRUE(lease.held);
  EXPECT_EQ(lease.state, LeaseState::reserved);
  EXPECT_EQ(lease.kind, LeaseKind::sticky);
  EXPECT_TRUE(PortRange(Port(20000), Port(29999)).contains(lease.port));
  EXPECT_EQ(lease.id, lease.revision.text());
}

TEST(Granting, AskingAgainWithinAMinuteCostsNoCommit) {
  LeaseWorld world;
  world.granted("shop");
  world.clock.advance(std::chrono::seconds(59));
  EXPECT_FALSE(world.grant(world.ask("shop"))->changed);
  world.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(world.grant(world.ask("shop"))->changed);
  EXPECT_EQ(world.granted("shop").last_used_at, world.clock.now().wall);
}

TEST(Granting, AReleasedKeyGetsItsPortBackWhileItIsFree) {
  LeaseWorld world;
  const Port port = world.granted(world.ask_port("shop", 20777, OnConflict::fail)).port;
  world.release(port);
  EXPECT_EQ(world.granted("shop").port, port);
}

TEST(Granting, AReleasedPortIsForgottenAfterNinetyDays) {
  LeaseWorld world;
  const Port port = world.granted(world.ask_port("shop", 20777, OnConflict::fail)).port;
  world.release(port);
  world.clock.advance(std::chrono::hours(24 * 90 + 1));
  EXPECT_NE(world.granted("shop").port, port);
  EXPECT_EQ(world.leases.forget_old(world.clock.now()).size(), 1U);
}

TEST(Granting, AReleasedPortIsNotReserved) {
  LeaseWorld world(LeaseWorld::range(20000, 20000));
  world.release(world.granted("shop").port);
  EXPECT_EQ(world.granted("other").port, Port(20000));
  EXPECT_EQ(world.refused(world.ask("shop")), Problem::range_full);
}

TEST(Granting, AnOwnPortPassesTimeWaitButANewOneDoesNot) {
  LeaseWorld world(LeaseWorld::range(20000, 20001));
  world.release(world.granted(world.ask_port("shop", 20000, OnConflict::fail)).port);
  world.holds.time_wait.insert(Port(20000));
  EXPECT_EQ(world.refused(world.ask_port("other", 20000, OnConflict::fail)), Problem::port_in_use);
  EXPECT_EQ(world.granted("shop").port, Port(20000));
}

TEST(Granting, SkipsPortsThatSomebodyElseHas) {
  LeaseWorld world(LeaseWorld::range(20000, 20002));
  world.holds.foreign = {Port(20000), Port(20001)};
  EXPECT_EQ(world.granted("shop").port, Port(20002));
}

TEST(Granting, AFullRangeIsRefusedAndLeavesNothing) {
  LeaseWorld world(LeaseWorld::range(20000, 20001));
  world.granted("one");
  world.granted("two");
  EXPECT_EQ(world.refused(world.ask("three")), Problem::range_full);
  EXPECT_EQ(world.leases.table().size(), 2U);
}

TEST(Granting, NeverGivesBlockedWellKnownOrExcludedPorts) {
  auto rules = LeaseWorld::range(27015, 27020);
  rules.ports.excluded.insert(Port(27016));
  LeaseWorld world(std::move(rules));
  EXPECT_EQ(world.granted("one").port, Port(27020));
  EXPECT_EQ(world.refused(world.ask("two")), Problem::range_full);
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{6000, 27017, 27016}) {
    EXPECT_EQ(world.refused(world.ask_port("three", port, OnConflict::fail)), Problem::invalid_value) << port;
  }
}

TEST(Granting, FillsEveryPortOfTheRangeWithEveryStrategy) {
  for (Strategy strategy : {Strategy::hash, Strategy::next, Strategy::random}) {
    LeaseWorld world(LeaseWorld::range(20000, 20099));
    for (int count = 0; count < 100; ++count) {
      GrantRequest request = world.ask("service-" + std::to_string(count));
      request.strategy = strategy;
      ASSERT_TRUE(world.grant(request));
    }
    EXPECT_EQ(world.leases.free_ports({Port(20000), Port(20099)}), 0U);
  }
}

TEST(Granting, WithoutDescriptorsThePortIsLeasedUnheldAndAnAlertSaysSo) {
  LeaseWorld world;
  world.holds.descriptors_short = true;
  EXPECT_FALSE(world.granted("shop").held);
  ASSERT_EQ(world.alerts.raised().size(), 1U);
  EXPECT_EQ(world.alerts.raised()[0].kind, AlertKind::descriptors_low);
}

TEST(Granting, IsRefusedByAReadOnlyStore) {
  LeaseWorld world;
  world.journal.read_only = true;
  EXPECT_EQ(world.refused(world.ask("shop")), Problem::store_unavailable);
  EXPECT_EQ(world.holds.takes, 0);
}

TEST(Granting, AnUnknownRangeIsAnInvalidValue) {
  LeaseWorld world;
  GrantRequest request = world.ask("shop");
  request.range = "web";
  EXPECT_EQ(world.refused(request), Problem::invalid_value);
}

// on_conflict

TEST(OnConflict, FailNamesTheLease) {
  LeaseWorld world;
  const Lease shop = world.granted("shop");
  auto refused = world.grant(world.ask_port("other", shop.port.number(), OnConflict::fail));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::port_in_use);
  EXPECT_NE(refused.error().detail.find("leased to shop since"), std::string::npos);
}

TEST(OnConflict, NextTakesTheNextFreePort) {
  LeaseWorld world;
  world.granted(world.ask_port("shop", 20100, OnConflict::fail));
  EXPECT_EQ(world.granted(world.ask_port("other", 20100, OnConflict::next)).port, Port(20101));
}

TEST(OnConflict, NextOutsideOfTheRangeTakesAPortOfTheRange) {
  LeaseWorld world;
  world.holds.foreign.insert(Port(5000));
  const Lease lease = world.granted(world.ask_port("shop", 5000, OnConflict::next));
  EXPECT_GE(lease.port, Port(20000));
}

TEST(OnConflict, NextKeepsThePortThatTheKeyHas) {
  LeaseWorld world;
  world.holds.foreign.insert(Port(5000));
  const Lease first = world.granted(world.ask_port("shop", 5000, OnConflict::next));
  auto again = world.grant(world.ask_port("shop", 5000, OnConflict::next));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->leases[0].port, first.port);
}

TEST(OnConflict, ReclaimTakesThePortOfADeadHolder) {
  LeaseWorld world;
  world.processes.start(42);
  GrantRequest request = world.ask_port("shop", 20100, OnConflict::fail);
  request.pid = 42;
  world.granted(request);
  EXPECT_EQ(world.refused(world.ask_port("other", 20100, OnConflict::reclaim)), Problem::port_in_use);
  world.processes.exit(42);
  EXPECT_EQ(world.granted(world.ask_port("other", 20100, OnConflict::reclaim)).port, Port(20100));
  EXPECT_EQ(world.leases.table().size(), 1U);
  EXPECT_TRUE(world.holds.held(Port(20100)));
}

TEST(OnConflict, ReclaimLeavesAPortThatSomebodyListensOn) {
  LeaseWorld world;
  world.processes.start(42);
  GrantRequest request = world.ask_port("shop", 20100, OnConflict::fail);
  request.pid = 42;
  world.granted(request);
  world.processes.exit(42);
  world.leases.set_state(Port(20100), LeaseState::listening);
  EXPECT_EQ(world.refused(world.ask_port("other", 20100, OnConflict::reclaim)), Problem::port_in_use);
}

TEST(OnConflict, ReclaimLeavesALeaseWithoutARecordedHolder) {
  LeaseWorld world;
  world.granted(world.ask_port("shop", 20100, OnConflict::fail));
  EXPECT_EQ(world.refused(world.ask_port("other", 20100, OnConflict::reclaim)), Problem::port_in_use);
}

// Asking again

TEST(AskingAgain, WithAnotherPortMovesTheLeaseAtomically) {
  LeaseWorld world;
  const Lease before = world.granted("shop");
  auto moved = world.grant(world.ask_port("shop", 20500, OnConflict::fail));
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->leases[0].port, Port(20500));
  EXPECT_EQ(moved->leases[0].id, before.id);
  EXPECT_EQ(world.leases.table().size(), 1U);
  EXPECT_FALSE(world.holds.held(before.port));
  EXPECT_EQ(world.journal.last_lease_change().reason, ChangeReason::moved);
}

TEST(AskingAgain, AMoveToATakenPortChangesNothing) {
  LeaseWorld world;
  const Lease shop = world.granted("shop");
  world.granted(world.ask_port("other", 20500, OnConflict::fail));
  EXPECT_EQ(world.refused(world.ask_port("shop", 20500, OnConflict::fail)), Problem::port_in_use);
  EXPECT_EQ(world.granted("shop").port, shop.port);
  EXPECT_TRUE(world.holds.held(shop.port));
}

TEST(AskingAgain, OnOtherTermsIsAKeyConflict) {
  LeaseWorld world;
  world.granted("shop");
  GrantRequest kind = world.ask("shop");
  kind.kind = LeaseKind::ttl;
  GrantRequest hold = world.ask("shop");
  hold.hold = HoldMode::strict;
  GrantRequest protocol = world.ask("shop");
  protocol.protocol = Protocol::udp;
  for (const GrantRequest& request : {kind, hold, protocol}) EXPECT_EQ(world.refused(request), Problem::key_conflict);
}

TEST(AskingAgain, FromASecondLiveProcessIsAlreadyRunning) {
  LeaseWorld world;
  world.processes.start(42);
  world.processes.start(43);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  world.granted(request);
  request.pid = 43;
  auto refused = world.grant(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::already_running);
  EXPECT_NE(refused.error().detail.find("pid 42"), std::string::npos);
}

TEST(AskingAgain, FromADescendantKeepsTheHolder) {
  LeaseWorld world;
  world.processes.start(42);
  world.processes.start(43, 1000, 42);
  world.processes.start(44, 1000, 43);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  world.granted(request);
  request.pid = 44;
  EXPECT_EQ(world.granted(request).holder->id.pid, 42);
}

TEST(AskingAgain, AfterTheHolderDiedRecordsTheNewOne) {
  LeaseWorld world;
  world.processes.start(42);
  world.processes.start(43);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  const Port port = world.granted(request).port;
  world.processes.exit(42);
  request.pid = 43;
  const Lease lease = world.granted(request);
  EXPECT_EQ(lease.port, port);
  EXPECT_EQ(lease.holder->id.pid, 43);
  EXPECT_TRUE(world.processes.watched(43));
}

TEST(AskingAgain, AReusedPidIsNotTheHolder) {
  LeaseWorld world;
  world.processes.start(42);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  world.granted(request);
  world.processes.table.erase(42);
  world.processes.start(42);
  EXPECT_TRUE(world.grant(request));
}

TEST(AskingAgain, AnothersProcessIsRefused) {
  LeaseWorld world;
  world.processes.start(42, 1001);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  EXPECT_EQ(world.refused(request), Problem::invalid_value);
}

TEST(AskingAgain, ThePeersPidCountsUnlessNoHolderIsStated) {
  LeaseWorld world;
  world.processes.start(42);
  GrantRequest request = world.ask("shop");
  EXPECT_EQ(world.leases.grant(request, {1000, 42}, world.clock.now())->leases[0].holder->id.pid, 42);
  GrantRequest without = world.ask("other");
  without.no_holder = true;
  EXPECT_FALSE(world.leases.grant(without, {1000, 42}, world.clock.now())->leases[0].holder);
}

// Bundles

TEST(Bundles, AreGrantedWhole) {
  LeaseWorld world;
  GrantRequest request = world.ask("shop");
  request.roles = {"http", "debug", "metrics"};
  auto bundle = world.grant(request);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->leases.size(), 3U);
  EXPECT_EQ(bundle->leases[1].key.role, "debug");
  request.roles.push_back("extra");
  EXPECT_TRUE(world.grant(request)->created);
  EXPECT_EQ(world.leases.table().size(), 4U);
}

TEST(Bundles, AreAllOrNone) {
  LeaseWorld world(LeaseWorld::range(20000, 20002));
  world.granted("other");
  GrantRequest request = world.ask("shop");
  request.roles = {"http", "debug", "metrics"};
  EXPECT_EQ(world.refused(request), Problem::range_full);
  EXPECT_EQ(world.leases.table().size(), 1U);
  EXPECT_EQ(world.holds.taken.size(), 1U);
  EXPECT_EQ(world.journal.durable.size(), 1U);
  EXPECT_EQ(world.leases.free_ports({Port(20000), Port(20002)}), 2U);
}

}  // namespace
}  // namespace portd::core
