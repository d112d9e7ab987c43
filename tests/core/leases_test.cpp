// Releasing, expiring, changing, restoring, and what becomes of changes that were not made durable.
#include "daemon/core/leases.hpp"

#include "tests/support/lease_world.hpp"

namespace portd::core {
namespace {

using namespace std::chrono_literals;
using test::LeaseWorld;

GrantRequest ttl(const std::string& service, Millis duration) {
  GrantRequest request = LeaseWorld::ask(service);
  request.kind = LeaseKind::ttl;
  request.ttl = duration;
  return request;
}

GrantRequest of_process(pid_t pid, std::vector<std::string> roles = {"http"}) {
  GrantRequest request;
  request.kind = LeaseKind::process;
  request.pid = pid;
  request.roles = std::move(roles);
  return request;
}

// Releasing

TEST(Releasing, AnUnleasedPortIsNotFound) {
  LeaseWorld world;
  EXPECT_EQ(world.leases.release(Port(20000), {}, world.clock.now()).error().problem, Problem::not_found);
}

TEST(Releasing, WithAnotherLeaseIdIsStale) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  EXPECT_EQ(world.leases.release(lease.port, "00000007-99", world.clock.now()).error().problem, Problem::stale_lease);
  EXPECT_TRUE(world.leases.release(lease.port, lease.id, world.clock.now()));
}

TEST(Releasing, ClosesTheHoldOnlyAfterTheCommit) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  world.journal.immediate = false;
  world.release(lease.port);
  EXPECT_TRUE(world.holds.held(lease.port));
  world.journal.commit();
  EXPECT_FALSE(world.holds.held(lease.port));
}

TEST(Releasing, ThePortGoesToNobodyElseBeforeTheCommit) {
  LeaseWorld world(LeaseWorld::range(20000, 20000));
  const Lease lease = world.granted("shop");
  world.journal.immediate = false;
  world.release(lease.port);
  EXPECT_EQ(world.refused(world.ask("other")), Problem::range_full);
  EXPECT_EQ(world.refused(world.ask_port("other", 20000, OnConflict::fail)), Problem::port_in_use);
  EXPECT_EQ(world.granted("shop").port, lease.port);
}

TEST(Releasing, ManyNeedsAFilter) {
  LeaseWorld world;
  world.granted("shop");
  EXPECT_EQ(world.leases.release_all({}, world.clock.now()).error().problem, Problem::invalid_value);
  LeaseFilter filter;
  filter.project = "default";
  EXPECT_EQ(world.leases.release_all(filter, world.clock.now())->size(), 1U);
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Releasing, TellsThoseWhoWaitThatAPortIsFree) {
  LeaseWorld world;
  int freed = 0;
  world.leases.on_port_freed([&] { ++freed; });
  const Lease lease = world.granted("shop");
  EXPECT_EQ(freed, 0);
  world.release(lease.port);
  EXPECT_EQ(freed, 1);
}

// ttl

TEST(TtlLeases, ExpireOnTime) {
  LeaseWorld world;
  const Lease lease = world.granted(ttl("shop", 30s));
  EXPECT_EQ(lease.expires_at, world.clock.now().wall + 30s);
  world.clock.advance(29s);
  world.leases.expire_due(world.clock.now());
  EXPECT_EQ(world.leases.table().size(), 1U);
  world.clock.advance(1s);
  world.leases.expire_due(world.clock.now());
  EXPECT_EQ(world.leases.table().size(), 0U);
  EXPECT_EQ(world.journal.last_lease_change().reason, ChangeReason::expired);
  EXPECT_FALSE(world.holds.held(lease.port));
}

TEST(TtlLeases, AreRenewedByAskingAgainAndByAnEmptyPatch) {
  LeaseWorld world;
  const Lease lease = world.granted(ttl("shop", 30s));
  world.clock.advance(20s);
  world.granted("shop");
  world.clock.advance(20s);
  ASSERT_TRUE(world.leases.patch(lease.port, {}, {}, {1000}, world.clock.now()));
  world.clock.advance(20s);
  world.leases.expire_due(world.clock.now());
  EXPECT_EQ(world.leases.table().size(), 1U);
  EXPECT_EQ(*world.leases.next_due(), world.clock.now().steady + 10s);
}

TEST(TtlLeases, RenewingAnExpiredLeaseFails) {
  LeaseWorld world;
  const Lease lease = world.granted(ttl("shop", 30s));
  world.clock.advance(31s);
  world.leases.expire_due(world.clock.now());
  EXPECT_EQ(world.leases.patch(lease.port, lease.id, {}, {1000}, world.clock.now()).error().problem,
            Problem::not_found);
}

TEST(TtlLeases, GetAFullTtlAfterARestart) {
  LeaseWorld first;
  const Lease lease = first.granted(ttl("shop", 30s));
  LeaseWorld second;
  second.clock.advance(24h);
  second.leases.restore({lease}, {}, second.clock.now());
  EXPECT_EQ(*second.leases.next_due(), second.clock.now().steady + 30s);
}

TEST(TtlLeases, TellWhenTheNextExpiryGetsEarlier) {
  LeaseWorld world;
  int told = 0;
  world.leases.on_expiry_changed([&] { ++told; });
  world.granted(ttl("slow", 60s));
  world.granted(ttl("slower", 90s));
  EXPECT_EQ(told, 1);
  world.granted(ttl("quick", 1s));
  EXPECT_EQ(told, 2);
}

// process

TEST(ProcessLeases, EndWithTheirProcess) {
  LeaseWorld world;
  world.processes.start(42);
  auto granted = world.grant(of_process(42, {"http", "http-2", "http-3"}));
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->leases.size(), 3U);
  world.processes.exit(42);
  EXPECT_EQ(world.leases.table().size(), 0U);
  EXPECT_TRUE(world.holds.taken.empty());
}

TEST(ProcessLeases, NeedAProcess) {
  LeaseWorld world;
  GrantRequest request;
  request.kind = LeaseKind::process;
  EXPECT_EQ(world.refused(request), Problem::invalid_value);
}

TEST(ProcessLeases, WithoutAServiceAreNewEachTime) {
  LeaseWorld world;
  world.processes.start(42);
  EXPECT_NE(world.granted(of_process(42)).port, world.granted(of_process(42)).port);
  EXPECT_EQ(world.leases.table().size(), 2U);
}

TEST(ProcessLeases, OfADeadProcessAreGoneAfterARestart) {
  LeaseWorld first;
  first.processes.start(42);
  first.processes.start(43);
  const Lease dead = first.granted(of_process(42));
  const Lease live = first.granted(of_process(43));
  LeaseWorld second;
  second.processes.table = first.processes.table;
  second.processes.table.erase(42);
  second.leases.restore({dead, live}, {}, second.clock.now());
  EXPECT_EQ(second.leases.table().find(dead.port), nullptr);
  ASSERT_NE(second.leases.table().find(live.port), nullptr);
  second.processes.exit(43);
  EXPECT_EQ(second.leases.table().size(), 0U);
}

TEST(ProcessLeases, AreEndedAgainWhenTheDiskWasFull) {
  LeaseWorld world;
  world.processes.start(42);
  world.granted(of_process(42));
  world.journal.immediate = false;
  world.processes.exit(42);
  world.journal.fail();
  EXPECT_EQ(world.leases.table().size(), 1U);
  world.journal.immediate = true;
  world.leases.end_orphans(world.clock.now());
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(ProcessLeases, OfALiveProcessAreNoOrphans) {
  LeaseWorld world;
  world.processes.start(42);
  world.granted(of_process(42));
  world.leases.end_orphans(world.clock.now());
  EXPECT_EQ(world.leases.table().size(), 1U);
}

TEST(StickyLeases, StayWhenTheirHolderDies) {
  LeaseWorld world;
  world.processes.start(42);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  const Lease lease = world.granted(request);
  EXPECT_TRUE(lease.holder_alive);
  world.processes.exit(42);
  EXPECT_FALSE(world.leases.table().find(lease.port)->holder_alive);
}

TEST(StickyLeases, AreNotWatchedOnceReleased) {
  LeaseWorld world;
  world.processes.start(42);
  GrantRequest request = world.ask("shop");
  request.pid = 42;
  request.roles = {"http", "debug"};
  auto granted = world.grant(request);
  world.release(granted->leases[0].port);
  EXPECT_TRUE(world.processes.watched(42));
  world.release(granted->leases[1].port);
  EXPECT_FALSE(world.processes.watched(42));
}

// Changing

TEST(Patching, ChangesKindTtlHoldAndCwd) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  LeasePatch patch;
  patch.kind = LeaseKind::ttl;
  patch.ttl = 5s;
  patch.hold = HoldMode::strict;
  patch.cwd = "/srv/shop";
  auto patched = world.leases.patch(lease.port, lease.id, patch, {1000}, world.clock.now());
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched->ttl, Millis(5s));
  EXPECT_EQ(patched->cwd, "/srv/shop");
  EXPECT_EQ(world.holds.taken.at(lease.port), HoldMode::strict);
  EXPECT_GT(patched->revision, lease.revision);
}

TEST(Patching, ATtlOfAStickyLeaseIsRefused) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  LeasePatch patch;
  patch.ttl = 5s;
  EXPECT_EQ(world.leases.patch(lease.port, {}, patch, {1000}, world.clock.now()).error().problem,
            Problem::invalid_value);
}

TEST(Patching, ToProcessNeedsALiveProcess) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  LeasePatch patch;
  patch.kind = LeaseKind::process;
  EXPECT_EQ(world.leases.patch(lease.port, {}, patch, {1000}, world.clock.now()).error().problem,
            Problem::invalid_value);
  world.processes.start(42);
  patch.pid = 42;
  ASSERT_TRUE(world.leases.patch(lease.port, {}, patch, {1000}, world.clock.now()));
  world.processes.exit(42);
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Patching, AHoldOfNoneIsDroppedAfterTheCommitAndTakenAgain) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  world.journal.immediate = false;
  LeasePatch patch;
  patch.hold = HoldMode::none;
  ASSERT_TRUE(world.leases.patch(lease.port, {}, patch, {1000}, world.clock.now()));
  EXPECT_TRUE(world.holds.held(lease.port));
  world.journal.commit();
  EXPECT_FALSE(world.holds.held(lease.port));
  patch.hold = HoldMode::open;
  ASSERT_TRUE(world.leases.patch(lease.port, {}, patch, {1000}, world.clock.now()));
  EXPECT_TRUE(world.holds.held(lease.port));
}

// Restoring

TEST(Restoring, TakesTheHoldsOfOwnPorts) {
  LeaseWorld first;
  const Lease lease = first.granted("shop");
  LeaseWorld second;
  second.holds.time_wait.insert(lease.port);
  second.leases.restore({lease}, {}, second.clock.now());
  EXPECT_TRUE(second.holds.held(lease.port));
  EXPECT_EQ(second.granted("shop").id, lease.id);
}

TEST(Restoring, AHoldIsTakenOnceTheListenerThatWasThereFirstIsGone) {
  LeaseWorld first;
  const Lease lease = first.granted("shop");
  LeaseWorld second;
  second.holds.foreign.insert(lease.port);
  second.leases.restore({lease}, {}, second.clock.now());
  EXPECT_FALSE(second.holds.held(lease.port));
  second.holds.foreign.clear();
  second.leases.retake_hold(lease.port);
  EXPECT_TRUE(second.holds.held(lease.port));
}

TEST(Restoring, RemembersReleasedPorts) {
  LeaseWorld world;
  Key key;
  key.service = "shop";
  world.leases.restore({}, {{key, Port(20777), world.clock.now().wall}}, world.clock.now());
  EXPECT_EQ(world.granted("shop").port, Port(20777));
}

// A batch that fails is undone by inverse changes.

TEST(Undoing, AGrantLeavesNothing) {
  LeaseWorld world(LeaseWorld::range(20000, 20009));
  world.journal.immediate = false;
  const Lease lease = world.granted("shop");
  world.journal.fail();
  EXPECT_EQ(world.leases.table().size(), 0U);
  EXPECT_FALSE(world.holds.held(lease.port));
  EXPECT_EQ(world.leases.free_ports({Port(20000), Port(20009)}), 10U);
}

TEST(Undoing, AReleaseKeepsTheLeaseAndItsHold) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  world.journal.immediate = false;
  world.release(lease.port);
  world.journal.fail();
  ASSERT_NE(world.leases.table().find(lease.port), nullptr);
  EXPECT_EQ(world.leases.table().find(lease.port)->id, lease.id);
  EXPECT_TRUE(world.holds.held(lease.port));
  world.journal.immediate = true;
  world.release(lease.port);
  EXPECT_FALSE(world.holds.held(lease.port));
}

TEST(Undoing, AMoveGoesBack) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  world.journal.immediate = false;
  world.granted(world.ask_port("shop", 20500, OnConflict::fail));
  world.journal.fail();
  EXPECT_EQ(world.leases.table().find(Port(20500)), nullptr);
  EXPECT_TRUE(world.holds.held(lease.port));
  EXPECT_FALSE(world.holds.held(Port(20500)));
}

TEST(Undoing, AChangedHoldGoesBack) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  world.journal.immediate = false;
  LeasePatch patch;
  patch.hold = HoldMode::strict;
  ASSERT_TRUE(world.leases.patch(lease.port, {}, patch, {1000}, world.clock.now()));
  world.journal.fail();
  EXPECT_EQ(world.holds.taken.at(lease.port), HoldMode::open);
  EXPECT_EQ(world.leases.table().find(lease.port)->hold, HoldMode::open);
}

TEST(Undoing, ALongMixedTailRestoresExactlyWhatWasDurable) {
  LeaseWorld world;
  const Port a = world.granted("a").port;
  world.granted("b");
  const Port c = world.granted("c").port;
  const auto before = world.leases.table().list({});
  const auto held = world.holds.taken;
  world.journal.immediate = false;
  world.release(a);
  world.granted("d");
  EXPECT_EQ(world.granted("a").port, a);
  world.release(a);
  world.granted(world.ask_port("b", 20500, OnConflict::fail));
  world.granted(world.ask_port("b", 20501, OnConflict::fail));
  world.release(c);
  world.journal.fail();
  EXPECT_EQ(world.leases.table().list({}), before);
  EXPECT_EQ(world.holds.taken, held);
}

TEST(Undoing, ATtlLeaseGetsAFullTtl) {
  LeaseWorld world;
  const Lease lease = world.granted(ttl("shop", 30s));
  world.clock.advance(20s);
  world.journal.immediate = false;
  world.release(lease.port);
  world.journal.fail();
  EXPECT_EQ(*world.leases.next_due(), world.clock.now().steady + 30s);
}

TEST(Adopting, RecordsTheProcessAsHolder) {
  LeaseWorld world;
  const Lease lease = world.granted("shop");
  world.leases.adopt(lease.port, world.processes.start(42), world.clock.now());
  EXPECT_EQ(world.leases.table().find(lease.port)->holder->id.pid, 42);
  EXPECT_TRUE(world.processes.watched(42));
  EXPECT_EQ(world.journal.last_lease_change().reason, ChangeReason::changed);
}

// Other rules

core::Leases::Rules excluding(std::uint16_t first, std::uint16_t last, std::vector<std::uint16_t> excluded) {
  Leases::Rules rules = LeaseWorld::range(first, last);
  for (const std::uint16_t port : excluded) rules.ports.excluded.insert(Port(port));
  return rules;
}

TEST(OtherRules, AreOfTheVeryNextGrant) {
  LeaseWorld world(LeaseWorld::range(20000, 20099));
  world.granted("shop");
  Leases::Rules rules = LeaseWorld::range(21000, 21099);
  rules.ports.strategy = Strategy::next;
  rules.ports.hold = HoldMode::strict;
  world.leases.use(rules);
  const Lease lease = world.granted("api");
  EXPECT_EQ(lease.port, Port(21000));
  EXPECT_EQ(lease.hold, HoldMode::strict);
}

TEST(OtherRules, LeaveALeaseOutsideOfTheRangesAlone) {
  LeaseWorld world(LeaseWorld::range(20000, 20099));
  const Lease before = world.granted("shop");
  world.leases.use(LeaseWorld::range(21000, 21099));
  EXPECT_EQ(world.granted("shop").port, before.port);
  EXPECT_TRUE(world.holds.held(before.port));
}

TEST(OtherRules, AnExcludedPortIsNeverGrantedAndALeasedOneStays) {
  LeaseWorld world(LeaseWorld::range(20000, 20001));
  const Lease shop = world.granted(world.ask_port("shop", 20000, OnConflict::fail));
  world.leases.use(excluding(20000, 20001, {20000, 20001}));
  EXPECT_EQ(world.leases.barred(Port(20001)), Verdict::excluded);
  EXPECT_EQ(world.refused(world.ask("api")), Problem::range_full);
  EXPECT_EQ(world.granted("shop").port, shop.port);
  world.release(shop.port);
  EXPECT_EQ(world.refused(world.ask("shop")), Problem::range_full);
}

TEST(OtherRules, WhatIsNoLongerExcludedCanBeGranted) {
  LeaseWorld world(excluding(20000, 20001, {20001}));
  world.granted("shop");
  int freed = 0;
  world.leases.on_port_freed([&] { ++freed; });
  world.leases.use(LeaseWorld::range(20000, 20001));
  EXPECT_EQ(freed, 1);
  EXPECT_EQ(world.granted("api").port, Port(20001));
  EXPECT_EQ(world.refused(world.ask("other")), Problem::range_full);
}

TEST(OtherRules, APortWhoseReleaseIsNotDurableStaysTaken) {
  LeaseWorld world(LeaseWorld::range(20000, 20000));
  const Lease shop = world.granted("shop");
  world.journal.immediate = false;
  world.release(shop.port);
  world.leases.use(LeaseWorld::range(20000, 20000));
  EXPECT_EQ(world.refused(world.ask("api")), Problem::range_full);
  world.journal.commit();
  world.journal.immediate = true;
  EXPECT_EQ(world.granted("api").port, shop.port);
}

TEST(OtherRules, ARangeThatIsGoneIsNotLow) {
  Leases::Rules rules = LeaseWorld::range(20000, 20099);
  rules.ports.ranges.insert_or_assign("web", PortRange{Port(21000), Port(21001)});
  LeaseWorld world(rules);
  world.alerts.raise(AlertKind::range_low, "web", "low", {});
  world.leases.use(LeaseWorld::range(20000, 20099));
  EXPECT_TRUE(world.alerts.raised().empty());
}

}  // namespace
}  // namespace portd::core
