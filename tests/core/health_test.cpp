#include "daemon/core/health.hpp"

#include "tests/support/service_world.hpp"

namespace portd::core {
namespace {

using test::LeaseWorld;
using test::ServiceWorld;
using Verdict = Finding::Verdict;

Declaration checked() { return ServiceWorld::with(ServiceWorld::check(CheckType::http)); }

std::vector<std::string> subjects(const ServiceWorld& world) {
  std::vector<std::string> subjects;
  for (const Alert& alert : world.alerts.raised()) subjects.push_back(alert.subject);
  return subjects;
}

// web needs api, api needs db; all three pass.
struct Chain : ServiceWorld {
  Chain() {
    declare("db", checked()).value();
    declare("api", depending({on("db")})).value();
    declare("web", depending({on("api")})).value();
    for (const char* service : {"db", "api", "web"}) passes(service);
  }
};

TEST(Health, WithoutChecksAServicePasses) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  EXPECT_EQ(world.see("shop").status, Status::passing);
  EXPECT_EQ(world.see("shop").reason, "");
}

TEST(Health, AServiceWithoutChecksThatRanAndEndedIsCritical) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  const Port port = world.port_of("shop");
  world.leases.adopt(port, world.processes.start(42), world.clock.now());
  world.leases.set_state(port, LeaseState::listening);
  EXPECT_EQ(world.see("shop").status, Status::passing);
  world.processes.exit(42);
  world.leases.set_state(port, LeaseState::reserved);
  EXPECT_EQ(world.see("shop").status, Status::critical);
  EXPECT_NE(world.see("shop").reason.find("pid 42 has ended"), std::string::npos);
}

TEST(Health, TheFirstPassOfACheckMakesTheServicePass) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  EXPECT_EQ(world.see("shop").status, Status::starting);
  EXPECT_EQ(world.see("shop").reason, "not checked yet");
  world.published.clear();
  world.passes("shop");
  EXPECT_EQ(world.see("shop").status, Status::passing);
  EXPECT_EQ(world.told(), (std::vector<std::string>{"check.status", "service.status"}));
  EXPECT_EQ(std::get<ServiceNews>(world.published.back().what).previous, Status::starting);
}

TEST(Health, TheReasonIsWhatTheWorstCheckSaid) {
  ServiceWorld world;
  Declaration two = checked();
  two.checks.push_back(ServiceWorld::check(CheckType::tcp, "socket"));
  ASSERT_TRUE(world.declare("shop", two));
  const auto checks = world.checks_of("shop");
  world.health.record(checks[0], {Verdict::warn, "429 Too Many Requests"});
  world.health.record(checks[1], {Verdict::pass, "connected"});
  EXPECT_EQ(world.see("shop").status, Status::warning);
  EXPECT_EQ(world.see("shop").reason, "429 Too Many Requests");
}

TEST(Health, ADeclarationThatStaysKeepsItsStateAndIsLookedAtAgain) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  world.passes("shop");
  const auto before = world.checks_of("shop");
  ASSERT_TRUE(world.declare("shop", checked()));
  EXPECT_EQ(world.checks_of("shop"), before);
  EXPECT_EQ(world.prober.hurried[before[0]], 1);
  EXPECT_EQ(world.see("shop").status, Status::passing);
}

TEST(Health, ACheckThatChangedStartsAnew) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  world.passes("shop");
  const auto before = world.checks_of("shop");
  Declaration other = checked();
  other.checks[0].http.path = "/healthz";
  ASSERT_TRUE(world.declare("shop", other));
  EXPECT_NE(world.checks_of("shop"), before);
  EXPECT_EQ(world.see("shop").status, Status::starting);
}

TEST(Health, WhatIsDeregisteredIsNoLongerChecked) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  ASSERT_TRUE(world.registry.withdraw(ServiceWorld::key("shop"), world.clock.now()));
  EXPECT_TRUE(world.prober.running.empty());
}

TEST(Health, ChecksOfTheConfigurationComeOnTop) {
  Check command = ServiceWorld::check(CheckType::command, "ready");
  command.command = {"true"};
  ServiceWorld world({}, {}, {{ServiceWorld::key("db"), {command}}});
  ASSERT_TRUE(world.declare("db", checked()));
  EXPECT_EQ(world.see("db").checks.size(), 2U);
  EXPECT_EQ(world.see("db").checks[1].check, command);
}

TEST(Health, AStrangerWhoAnswersMakesTheServiceCriticalAtOnceAndIsNamed) {
  ServiceWorld world;
  GrantRequest request = LeaseWorld::ask("shop");
  request.cwd = "/home/dev/shop";
  const Lease lease = world.granted(request);
  ASSERT_TRUE(world.declare("shop", checked()));
  Listener stranger;
  stranger.port = lease.port;
  stranger.inode = 7;
  stranger.uid = 1000;
  stranger.process = world.processes.start(666, 1000, 1, "/tmp");
  world.listeners.listening = {stranger};
  world.found("shop", {Verdict::pass, "200 OK", "127.0.0.1"});
  const Instance seen = world.see("shop");
  EXPECT_EQ(seen.status, Status::critical);
  EXPECT_EQ(seen.reason, "impostor");
  EXPECT_NE(seen.checks[0].output.find("pid 666 (app) in /tmp"), std::string::npos);
  ASSERT_EQ(world.alerts.raised().size(), 1U);
  EXPECT_EQ(world.alerts.raised()[0].kind, AlertKind::impostor);
  EXPECT_NE(world.alerts.raised()[0].detail.find("pid 666"), std::string::npos);

  world.listeners.listening.clear();
  world.passes("shop");
  EXPECT_EQ(world.see("shop").status, Status::passing);
  EXPECT_TRUE(world.alerts.raised().empty());
}

TEST(Health, TheAnswerOfTheServiceItselfCounts) {
  ServiceWorld world;
  world.processes.start(42);
  GrantRequest request = LeaseWorld::ask("shop");
  request.pid = 42;
  const Lease lease = world.granted(request);
  ASSERT_TRUE(world.declare("shop", checked()));
  Listener child;
  child.port = lease.port;
  child.inode = 7;
  child.uid = 1000;
  child.process = world.processes.start(43, 1000, 42);
  world.listeners.listening = {child};
  world.found("shop", {Verdict::pass, "200 OK", "127.0.0.1"});
  EXPECT_EQ(world.see("shop").status, Status::passing);
}

TEST(Health, OneRootAndAllWhomItAffects) {
  Chain world;
  world.becomes_critical("db", "connection refused on 27432");
  EXPECT_EQ(world.see("api").affected_by, (std::vector<std::string>{"db"}));
  EXPECT_EQ(world.see("web").affected_by, (std::vector<std::string>{"db"}));
  EXPECT_EQ(world.see("web").status, Status::passing) << "it is still checked, and still answers";
  ASSERT_EQ(subjects(world), (std::vector<std::string>{"db"}));
  EXPECT_EQ(world.alerts.raised()[0].detail, "db is critical: connection refused on 27432; affected: api, web");
}

TEST(Health, ADependentThatBecomesCriticalTooRaisesNoAlertOfItsOwn) {
  Chain world;
  world.becomes_critical("db");
  world.becomes_critical("api");
  EXPECT_EQ(subjects(world), (std::vector<std::string>{"db"}));
  EXPECT_EQ(world.see("web").affected_by, (std::vector<std::string>{"db"}));
}

TEST(Health, AnAlertGoesOverToTheRootOnceThatIsFound) {
  Chain world;
  world.becomes_critical("api");
  EXPECT_EQ(subjects(world), (std::vector<std::string>{"api"}));
  world.becomes_critical("db");
  EXPECT_EQ(subjects(world), (std::vector<std::string>{"db"}));
}

TEST(Health, WhenTheRootIsWellAgainNobodyIsAffected) {
  Chain world;
  world.becomes_critical("db");
  world.published.clear();
  world.passes("db");
  EXPECT_TRUE(world.see("web").affected_by.empty());
  EXPECT_TRUE(world.alerts.raised().empty());
  EXPECT_EQ(world.told(), (std::vector<std::string>{"check.status", "service.status", "service.status",
                                                    "service.status", "alert.resolved"}));
}

TEST(Health, MaintenanceIsNoAlert) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("db", checked()));
  world.becomes_critical("db");
  ASSERT_TRUE(world.registry.maintain(ServiceWorld::key("db"), {true, ""}, world.clock.now()));
  EXPECT_EQ(world.see("db").status, Status::maintenance);
  EXPECT_TRUE(world.alerts.raised().empty());
}

TEST(Health, AHeartbeatSetsTheStatusAndItsAbsenceMakesItCritical) {
  ServiceWorld world;
  Check check = ServiceWorld::check(CheckType::ttl, "beat");
  check.schedule.interval = Millis(30'000);
  ASSERT_TRUE(world.declare("worker", ServiceWorld::with(check)));
  ASSERT_TRUE(world.health.beat(ServiceWorld::key("worker"), "beat", {Status::passing, "42 jobs"}));
  EXPECT_EQ(world.see("worker").status, Status::passing);
  world.clock.advance(Millis(30'000));
  world.health.lapse(world.checks_of("worker")[0]);
  EXPECT_EQ(world.see("worker").status, Status::critical);
  EXPECT_EQ(world.see("worker").reason, "no heartbeat for 30s; the last said: 42 jobs");
  EXPECT_EQ(world.see("worker").checks[0].output, "42 jobs");
}

TEST(Health, OnlyATtlCheckTakesHeartbeats) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  EXPECT_EQ(world.health.beat(ServiceWorld::key("shop"), "up", {}).error().problem, Problem::invalid_value);
  EXPECT_EQ(world.health.beat(ServiceWorld::key("shop"), "nope", {}).error().problem, Problem::not_found);
  EXPECT_EQ(world.health.beat(ServiceWorld::key("nope"), "up", {}).error().problem, Problem::not_found);
}

TEST(Health, AProbeGoesToWhereTheServiceIsNow) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  world.granted(LeaseWorld::ask_port("shop", 21555, OnConflict::fail));
  const Probe probe = world.health.probe(world.checks_of("shop")[0]);
  EXPECT_EQ(probe.port, Port(21555));
  EXPECT_EQ(probe.host, "localhost");
}

TEST(Health, AnInstanceIsAsNewAsItsNewestChange) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop", checked()));
  const Revision before = world.see("shop").revision;
  world.passes("shop");
  EXPECT_GT(world.see("shop").revision, before);
  EXPECT_EQ(world.see("shop").revision, world.published.back().revision);
}

core::Health::Configured command(const std::string& service, std::vector<std::string> argv) {
  Check check = ServiceWorld::check(CheckType::command, "ready");
  check.command = std::move(argv);
  return {{ServiceWorld::key(service), {check}}};
}

TEST(Health, AConfiguredCheckBeginsAndEndsWhileTheServiceRuns) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("shop"));
  world.health.use(command("shop", {"true"}));
  ASSERT_EQ(world.checks_of("shop").size(), 1U);
  EXPECT_EQ(world.see("shop").status, Status::starting);
  world.health.use({});
  EXPECT_TRUE(world.checks_of("shop").empty());
  EXPECT_EQ(world.see("shop").status, Status::passing);
}

TEST(Health, AConfiguredCheckThatIsTheSameGoesOn) {
  ServiceWorld world({}, {}, command("shop", {"true"}));
  ASSERT_TRUE(world.declare("shop"));
  world.passes("shop");
  const auto before = world.checks_of("shop");
  core::Health::Configured more = command("shop", {"true"});
  more.merge(command("other", {"false"}));
  world.health.use(more);
  EXPECT_EQ(world.checks_of("shop"), before);
  EXPECT_EQ(world.see("shop").status, Status::passing);
  world.health.use(command("shop", {"false"}));
  EXPECT_NE(world.checks_of("shop"), before);
}

}  // namespace
}  // namespace portd::core
