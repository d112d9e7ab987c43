#include "daemon/core/registry.hpp"

#include "tests/support/service_world.hpp"

namespace portd::core {
namespace {

using test::LeaseWorld;
using test::ServiceWorld;

TEST(Registry, RegisteringGrantsTheKeysLease) {
  ServiceWorld world;
  const auto declared = world.declare("shop");
  ASSERT_TRUE(declared);
  EXPECT_TRUE(declared->created);
  const Lease* lease = world.leases.table().find(Key{"default", "shop", "main", "http"});
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(world.port_of("shop"), lease->port);
}

TEST(Registry, TheLeaseThatTheKeyHasIsUsed) {
  ServiceWorld world;
  const Lease lease = world.granted("shop");
  ASSERT_TRUE(world.declare("shop"));
  EXPECT_EQ(world.port_of("shop"), lease.port);
  EXPECT_EQ(world.leases.table().size(), 1U);
}

TEST(Registry, TheOnlyRoleOfAKeyIsWhereItServes) {
  ServiceWorld world;
  GrantRequest request = LeaseWorld::ask("db");
  request.roles = {"postgres"};
  const Lease lease = world.granted(request);
  ASSERT_TRUE(world.declare("db"));
  EXPECT_EQ(world.port_of("db"), lease.port);
  EXPECT_EQ(world.leases.table().size(), 1U);
}

TEST(Registry, ADeclaredPortOfAnotherKeyIsRefusedWithItsHolder) {
  ServiceWorld world;
  const Lease lease = world.granted("shop");
  Declaration declaration;
  declaration.port = lease.port;
  const auto refused = world.declare("api", declaration);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::port_in_use);
  EXPECT_NE(refused.error().detail.find("shop"), std::string::npos);
  EXPECT_EQ(world.registry.all().size(), 0U);
}

TEST(Registry, APortThatPortdDidNotLeaseIsRegisteredAsItIs) {
  ServiceWorld world;
  Declaration declaration;
  declaration.port = Port(5432);
  ASSERT_TRUE(world.declare("db", declaration));
  EXPECT_EQ(world.port_of("db"), Port(5432));
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Registry, RegisteringTheSameAgainChangesNothing) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  const std::size_t changes = world.journal.durable.size();
  const auto again = world.declare("shop");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(world.journal.durable.size(), changes);
}

TEST(Registry, DeregisteringLeavesTheLease) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  ASSERT_TRUE(world.registry.withdraw(ServiceWorld::key("shop"), world.clock.now()));
  EXPECT_EQ(world.registry.find(ServiceWorld::key("shop")), nullptr);
  EXPECT_EQ(world.leases.table().size(), 1U);
  EXPECT_EQ(world.registry.withdraw(ServiceWorld::key("shop"), world.clock.now()).error().problem, Problem::not_found);
}

TEST(Registry, AReleasedLeaseTakesItsRegistrationWithIt) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  world.published.clear();
  world.release(world.port_of("shop"));
  EXPECT_EQ(world.registry.find(ServiceWorld::key("shop")), nullptr);
  EXPECT_EQ(world.told(), (std::vector<std::string>{"lease.released", "service.deregistered"}));
}

TEST(Registry, TheEndOfAProcessTakesTheRegistrationOnItsLeaseWithIt) {
  ServiceWorld world;
  world.processes.start(42);
  GrantRequest request = LeaseWorld::ask("shop");
  request.kind = LeaseKind::process;
  request.pid = 42;
  world.granted(request);
  ASSERT_TRUE(world.declare("shop"));
  world.processes.exit(42);
  EXPECT_EQ(world.registry.find(ServiceWorld::key("shop")), nullptr);
}

TEST(Registry, TheEndOfAnotherRoleLeavesTheRegistration) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  GrantRequest request = LeaseWorld::ask("shop");
  request.roles = {"debug"};
  world.release(world.granted(request).port);
  EXPECT_NE(world.registry.find(ServiceWorld::key("shop")), nullptr);
}

TEST(Registry, AMovedLeaseMovesItsServiceAndSaysSo) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  world.published.clear();
  world.granted(LeaseWorld::ask_port("shop", 21555, OnConflict::fail));
  EXPECT_EQ(world.port_of("shop"), Port(21555));
  EXPECT_EQ(world.told(), (std::vector<std::string>{"lease.moved", "service.updated"}));
  EXPECT_EQ(std::get<ServiceNews>(world.published.back().what).port, Port(21555));
}

TEST(Registry, ACycleIsRefusedAndNothingIsGranted) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("web", ServiceWorld::depending({ServiceWorld::on("api")})));
  ASSERT_TRUE(world.declare("api", ServiceWorld::depending({ServiceWorld::on("db")})));
  const auto refused = world.declare("db", ServiceWorld::depending({ServiceWorld::on("web")}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::dependency_cycle);
  EXPECT_NE(refused.error().detail.find("web → api → db → web"), std::string::npos);
  EXPECT_EQ(world.leases.table().size(), 2U);
}

TEST(Registry, ChecksReachThisMachineUnlessAHostIsAllowed) {
  ServiceWorld world({}, {{"db.internal"}});
  Check check = ServiceWorld::check(CheckType::http);
  check.http.host = "169.254.169.254";
  const auto refused = world.declare("shop", ServiceWorld::with(check));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::host_not_allowed);
  check.http.host = "db.internal";
  EXPECT_TRUE(world.declare("shop", ServiceWorld::with(check)));
}

TEST(Registry, TheInstancesOwnHostIsLookedAtToo) {
  ServiceWorld world;
  Declaration declaration = ServiceWorld::with(ServiceWorld::check(CheckType::tcp));
  declaration.host = "10.0.0.1";
  EXPECT_EQ(world.declare("shop", declaration).error().problem, Problem::host_not_allowed);
  declaration.checks.clear();
  EXPECT_TRUE(world.declare("shop", declaration)) << "who only registers it reaches nothing";
}

TEST(Registry, AFullDiskLeavesNeitherLeaseNorRegistration) {
  ServiceWorld world;
  world.journal.immediate = false;
  ASSERT_TRUE(world.declare("shop"));
  world.journal.fail();
  EXPECT_TRUE(world.registry.all().empty());
  EXPECT_TRUE(world.registry.dependencies().empty());
  EXPECT_EQ(world.leases.table().size(), 0U);
  EXPECT_TRUE(world.prober.running.empty());
}

TEST(Registry, AFullDiskBringsBackWhatAReleaseTookAway) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", ServiceWorld::with(ServiceWorld::check(CheckType::tcp))));
  const Port port = world.port_of("shop");
  world.journal.immediate = false;
  world.release(port);
  world.journal.fail();
  EXPECT_EQ(world.port_of("shop"), port);
  EXPECT_EQ(world.checks_of("shop").size(), 1U);
}

TEST(Registry, AReadOnlyStoreTakesNoRegistration) {
  ServiceWorld world;
  world.journal.read_only = true;
  EXPECT_EQ(world.declare("shop").error().problem, Problem::store_unavailable);
}

TEST(Registry, WhatStoodOnALeaseThatIsGoneIsNotRestored) {
  ServiceWorld world;
  Registration standing{ServiceWorld::key("gone"), {}};
  Registration alone{ServiceWorld::key("db"), {}};
  alone.leased = false;
  alone.declaration.port = Port(5432);
  world.registry.restore({standing, alone}, world.clock.now());
  EXPECT_EQ(world.registry.all().size(), 1U);
  EXPECT_EQ(world.see("db").status, Status::passing);
  const auto& change = std::get<ServiceChange>(world.journal.durable.back());
  EXPECT_EQ(change.before->key, ServiceWorld::key("gone"));
  EXPECT_FALSE(change.after);
}

TEST(Registry, MaintenanceOutlivesARegistration) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  ASSERT_TRUE(world.registry.maintain(ServiceWorld::key("shop"), {true, "moving house"}, world.clock.now()));
  Declaration other;
  other.tags = {"beta"};
  ASSERT_TRUE(world.declare("shop", other));
  EXPECT_EQ(world.see("shop").status, Status::maintenance);
  EXPECT_EQ(world.see("shop").reason, "moving house");
  ASSERT_TRUE(world.registry.maintain(ServiceWorld::key("shop"), {false, ""}, world.clock.now()));
  EXPECT_EQ(world.see("shop").status, Status::passing);
}

TEST(Registry, OtherRulesAreForTheNextDeclaration) {
  ServiceWorld world;
  Declaration declaration = ServiceWorld::with(ServiceWorld::check(CheckType::tcp));
  declaration.host = "db.internal";
  declaration.port = Port(5432);
  EXPECT_EQ(world.declare("db", declaration).error().problem, Problem::host_not_allowed);
  world.registry.use({{"db.internal"}});
  EXPECT_TRUE(world.declare("db", declaration));
}

// What a service registers itself. Process 42 holds the lease of shop, and 50 is somebody else.
struct HeldWorld : ServiceWorld {
  HeldWorld() {
    processes.start(42);
    processes.start(50);
    granted(held_by(42));
  }

  static GrantRequest held_by(pid_t pid) {
    GrantRequest request = ask("shop");
    request.pid = pid;
    return request;
  }
  // As PUT over the unix socket.
  Result<Registry::Declared> declare_as(pid_t pid, Declaration declaration = {}) {
    return registry.declare(key("shop"), std::move(declaration), {1000, pid}, clock.now());
  }
  bool registered() const { return registry.find(key("shop")) != nullptr; }
  const Lease& lease() const { return *leases.table().find(Key{"default", "shop", "main", "http"}); }
};

TEST(RegisteredByItself, EndsWhenItsHolderExitsAndTheLeaseStays) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  world.published.clear();
  world.processes.exit(42);
  EXPECT_FALSE(world.registered());
  EXPECT_EQ(world.told(), std::vector<std::string>{"service.deregistered"});
  EXPECT_EQ(world.leases.table().size(), 1U);
}

TEST(RegisteredByItself, IsNeverCriticalAndRaisesNoAlertWhenItEnds) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  ASSERT_TRUE(world.declare("web", ServiceWorld::depending({ServiceWorld::on("shop")})));
  world.leases.set_state(world.lease().port, LeaseState::listening);
  world.leases.set_state(world.lease().port, LeaseState::reserved);
  world.published.clear();
  world.processes.exit(42);
  EXPECT_EQ(world.told(), std::vector<std::string>{"service.deregistered"});
  EXPECT_TRUE(world.see("web").affected_by.empty());
  EXPECT_TRUE(world.alerts.raised().empty());
}

TEST(RegisteredByItself, ThroughADescendantItEndsWithTheHolderAlone) {
  HeldWorld world;
  world.processes.start(43, 1000, 42);
  world.processes.start(44, 1000, 43);
  ASSERT_TRUE(world.declare_as(44));
  world.processes.exit(44);
  world.processes.exit(43);
  EXPECT_TRUE(world.registered()) << "a reloader ends its children";
  world.processes.exit(42);
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredBySomebodyElse, StaysWhenTheHolderExits) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(50));
  world.processes.exit(42);
  EXPECT_TRUE(world.registered());
}

TEST(RegisteredBySomebodyElse, OverTcpStaysWhenTheHolderExits) {
  HeldWorld world;
  ASSERT_TRUE(world.declare("shop"));
  world.processes.exit(42);
  EXPECT_TRUE(world.registered());
}

TEST(RegisteredBySomebodyElse, AfterTheServiceDidItStays) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  ASSERT_TRUE(world.declare_as(50));
  world.processes.exit(42);
  EXPECT_TRUE(world.registered());
}

TEST(RegisteredByItself, AfterSomebodyElseDidItEnds) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(50));
  ASSERT_TRUE(world.declare_as(42));
  world.processes.exit(42);
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredByItself, TheSameAgainChangesNothing) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  const std::size_t changes = world.journal.durable.size();
  ASSERT_TRUE(world.declare_as(42));
  EXPECT_EQ(world.journal.durable.size(), changes);
}

TEST(RegisteredByItself, WithoutALeaseInSightItStays) {
  ServiceWorld world;
  world.processes.start(42);
  ASSERT_TRUE(world.registry.declare(ServiceWorld::key("shop"), {}, {1000, 42}, world.clock.now()));
  world.processes.exit(42);
  EXPECT_NE(world.registry.find(ServiceWorld::key("shop")), nullptr) << "nobody holds the lease that it was granted";
}

TEST(RegisteredByItself, OnAPortThatPortdDidNotLeaseItStays) {
  HeldWorld world;
  Declaration declaration;
  declaration.port = Port(5432);
  ASSERT_TRUE(world.declare_as(42, declaration));
  world.processes.exit(42);
  EXPECT_TRUE(world.registered());
}

TEST(RegisteredByItself, TheHolderOfAnotherRoleDoesNotEndIt) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  GrantRequest debug = HeldWorld::held_by(50);
  debug.roles = {"debug"};
  world.granted(debug);
  world.processes.exit(50);
  EXPECT_TRUE(world.registered());
}

TEST(RegisteredByItself, MaintenanceChangesNothingOfThat) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  ASSERT_TRUE(world.registry.maintain(ServiceWorld::key("shop"), {true, ""}, world.clock.now()));
  world.processes.exit(42);
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredByItself, ItMovesWithItsLeaseAndEndsThere) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  world.granted(LeaseWorld::ask_port("shop", 21555, OnConflict::fail));
  world.processes.exit(42);
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredByItself, TheEndOfTheOldProcessDoesNotEndWhatTheNewOneRegistered) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  const auto old = world.processes.table.extract(42);  // gone, and nobody has been told
  world.processes.start(43);
  world.granted(HeldWorld::held_by(43));
  ASSERT_TRUE(world.declare_as(43));
  world.processes.exit(42);
  EXPECT_TRUE(world.registered());
  world.processes.exit(43);
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredByItself, WhenTheLeaseIsGivenToAnotherLiveProcessItEndsWithThatOne) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  world.processes.start(43);
  LeasePatch patch;
  patch.pid = 43;
  ASSERT_TRUE(world.leases.patch(world.lease().port, {}, patch, {1000}, world.clock.now()));
  EXPECT_TRUE(world.registered());
  world.processes.exit(42);
  EXPECT_TRUE(world.registered());
  world.processes.exit(43);
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredByItself, OutlivesARestartWithItsHolder) {
  HeldWorld before;
  ASSERT_TRUE(before.declare_as(42));
  ServiceWorld after;
  after.processes.table = before.processes.table;
  after.leases.restore({before.lease()}, {}, after.clock.now());
  after.registry.restore({*before.registry.find(ServiceWorld::key("shop"))}, after.clock.now());
  EXPECT_EQ(after.registry.all().size(), 1U);
  after.processes.exit(42);
  EXPECT_EQ(after.registry.all().size(), 0U);
}

TEST(RegisteredByItself, IsGoneAfterARestartWhenItsHolderIs) {
  HeldWorld before;
  ASSERT_TRUE(before.declare_as(42));
  ServiceWorld after;
  after.leases.restore({before.lease()}, {}, after.clock.now());
  after.registry.restore({*before.registry.find(ServiceWorld::key("shop"))}, after.clock.now());
  EXPECT_EQ(after.registry.all().size(), 0U);
  const auto& change = std::get<ServiceChange>(after.journal.durable.back());
  EXPECT_EQ(change.before->key, ServiceWorld::key("shop"));
  EXPECT_FALSE(change.after);
}

TEST(RegisteredByItself, IsEndedAgainWhenTheDiskWasFull) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  world.journal.immediate = false;
  world.processes.exit(42);
  world.journal.fail();
  EXPECT_TRUE(world.registered());
  world.journal.immediate = true;
  world.registry.end_orphans(world.clock.now());
  EXPECT_FALSE(world.registered());
}

TEST(RegisteredByItself, ItsEndIsNotDecidedWhileNothingCanBeWritten) {
  HeldWorld world;
  ASSERT_TRUE(world.declare_as(42));
  world.journal.read_only = true;
  world.processes.exit(42);
  world.registry.end_orphans(world.clock.now());
  EXPECT_TRUE(world.registered());
}

}  // namespace
}  // namespace portd::core
