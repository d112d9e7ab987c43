#include "daemon/watch/kernel_watch.hpp"

#include <unistd.h>

#include <map>
#include <utility>
#include <variant>

#include "tests/support/lease_world.hpp"

namespace portd::watch {
namespace {

constexpr uid_t me = 1000;

struct Scene : test::LeaseWorld {
  MachineWatch machine{listeners, processes, me, std::nullopt};
  KernelWatch watch{leases, machine, processes, alerts, me};

  explicit Scene(core::Leases::Rules rules = {}) : LeaseWorld(std::move(rules)) {}

  void listen(Port port, pid_t pid, const std::string& cwd) {
    Listener listener;
    listener.port = port;
    listener.inode = static_cast<std::uint64_t>(pid);
    listener.uid = me;
    listener.user = "dev";
    listener.process = processes.start(pid, me, 1, cwd);
    listeners.listening.push_back(listener);
  }
  void look() { watch.look(clock.now()); }
  LeaseState state(Port port) { return leases.table().find(port)->state; }
};

GrantRequest in_folder(const std::string& service, const std::string& cwd) {
  GrantRequest request = test::LeaseWorld::ask(service);
  request.cwd = cwd;
  return request;
}

TEST(KernelWatch, AListenerFromTheLeasesFolderIsAdopted) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/shop/src");
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::listening);
  EXPECT_EQ(scene.leases.table().find(lease.port)->holder->id.pid, 42);
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, APromisedSocketMayBeAskedForALookLater) {
  Scene scene;
  GrantRequest request = in_folder("shop", "/shop");
  request.handover = true;
  const Port port = scene.granted(request).port;
  scene.clock.advance(Millis(1'999));
  scene.look();
  EXPECT_EQ(scene.holds.taken.at(port), HoldMode::strict);
  scene.clock.advance(Millis(1));
  scene.look();
  EXPECT_EQ(scene.holds.taken.at(port), HoldMode::open);
}

TEST(KernelWatch, AListenerFromElsewhereRaisesOneAlertThatResolves) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/elsewhere");
  scene.look();
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::contested);
  ASSERT_EQ(scene.alerts.raised().size(), 1U);
  EXPECT_NE(scene.alerts.raised()[0].detail.find("pid 42"), std::string::npos);
  scene.listeners.listening.clear();
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::reserved);
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, TheAlertNamesTheIntruderForPeopleAndForPrograms) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/elsewhere");
  scene.look();
  const Alert alert = scene.alerts.raised().at(0);
  std::map<std::string, std::variant<std::string, std::int64_t>> facts;
  for (const Fact& fact : alert.facts) facts[fact.name] = fact.value;
  const Holder intruder = *scene.listeners.listening.at(0).process;
  EXPECT_EQ(std::get<std::int64_t>(facts.at("port")), lease.port.number());
  EXPECT_EQ(std::get<std::string>(facts.at("key")), lease.key.text());
  EXPECT_EQ(std::get<std::string>(facts.at("lease")), lease.id);
  EXPECT_EQ(std::get<std::int64_t>(facts.at("pid")), 42);
  EXPECT_EQ(std::get<std::string>(facts.at("command")), intruder.command);
  EXPECT_EQ(std::get<std::string>(facts.at("cwd")), "/elsewhere");
  EXPECT_EQ(std::get<std::string>(facts.at("user")), "dev");
  EXPECT_EQ(std::get<std::string>(facts.at("since")), to_rfc3339(intruder.started_at));
}

TEST(KernelWatch, AnotherIntruderIsTheSameAlertCountedAgain) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/elsewhere");
  scene.look();
  scene.look();
  EXPECT_EQ(scene.alerts.raised().at(0).count, 1);
  scene.listeners.listening.clear();
  scene.listen(lease.port, 43, "/elsewhere");
  scene.look();
  EXPECT_EQ(scene.alerts.raised().at(0).count, 2);
  EXPECT_NE(scene.alerts.raised().at(0).detail.find("pid 43"), std::string::npos);
}

TEST(KernelWatch, TheAlertOfAReleasedPortResolves) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/elsewhere");
  scene.look();
  scene.release(lease.port);
  scene.look();
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, TakesAHoldOnceTheListenerThatWasFirstIsGone) {
  Scene before;
  const Lease lease = before.granted("shop");
  Scene scene;
  scene.holds.foreign.insert(lease.port);
  scene.listen(lease.port, 42, "/x");
  scene.leases.restore({lease}, {}, scene.clock.now());
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::listening);
  EXPECT_FALSE(scene.holds.held(lease.port));
  scene.holds.foreign.clear();
  scene.listeners.listening.clear();
  scene.look();
  EXPECT_TRUE(scene.holds.held(lease.port));
}

TEST(KernelWatch, TakesTheHoldOfATcpLeaseThoughSomebodyHasThePortOfUdp) {
  Scene scene;
  scene.holds.descriptors_short = true;
  const Lease lease = scene.granted("shop");
  scene.listen(lease.port, 42, "/x");
  scene.listeners.listening[0].protocol = Protocol::udp;
  scene.holds.descriptors_short = false;
  scene.look();
  EXPECT_TRUE(scene.holds.held(lease.port));
  EXPECT_EQ(scene.state(lease.port), LeaseState::reserved);
}

TEST(KernelWatch, HoldsThatHadNoDescriptorsAreTakenLaterAndTheAlertResolves) {
  Scene scene;
  scene.holds.descriptors_short = true;
  const Lease lease = scene.granted("shop");
  scene.look();
  EXPECT_EQ(scene.alerts.raised().size(), 1U);
  scene.holds.descriptors_short = false;
  scene.look();
  EXPECT_TRUE(scene.holds.held(lease.port));
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, ARangeThatRunsLowIsTold) {
  Scene scene(test::LeaseWorld::range(20000, 20019));
  for (int count = 0; count < 20; ++count) scene.granted("service-" + std::to_string(count));
  scene.look();
  ASSERT_EQ(scene.alerts.raised().size(), 1U);
  EXPECT_EQ(scene.alerts.raised()[0].kind, AlertKind::range_low);
  for (int count = 0; count < 3; ++count) scene.release(scene.granted("service-" + std::to_string(count)).port);
  scene.look();
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, ALeaseThatComesAndGoesIsOneAlertOfARangeThatRunsLow) {
  Scene scene(test::LeaseWorld::range(20000, 20019));
  for (int count = 0; count < 19; ++count) scene.granted("service-" + std::to_string(count));
  for (int turn = 0; turn < 4; ++turn) {
    const Port last = scene.granted("last").port;
    scene.look();
    scene.release(last);
    scene.look();
  }
  EXPECT_EQ(scene.alerts.raised().size(), 1U);
  EXPECT_EQ(scene.alerts.list().size(), 1U);
  EXPECT_EQ(scene.alerts.raised()[0].count, 1);
  scene.release(scene.granted("service-1").port);
  scene.look();
  EXPECT_EQ(scene.alerts.raised().size(), 1U) << "a tenth is not yet room";
  scene.release(scene.granted("service-2").port);
  scene.look();
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, AlertsResolveThoughTheLastLeaseHasGone) {
  Scene scene(test::LeaseWorld::range(20000, 20000));
  scene.holds.descriptors_short = true;
  const Lease lease = scene.granted("shop");
  scene.look();
  EXPECT_EQ(scene.alerts.raised().size(), 2U);  // range-low and descriptors-low
  scene.release(lease.port);
  scene.look();
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(KernelWatch, WhatIsAsBeforeIsNotLookedUpAgain) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/shop");
  scene.look();
  scene.look();  // the lease has a holder by now
  const int before = scene.listeners.identified;
  scene.look();
  EXPECT_EQ(scene.listeners.identified, before);
  EXPECT_EQ(scene.state(lease.port), LeaseState::listening);
}

TEST(KernelWatch, AnotherSocketOnThePortIsLookedUp) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/shop");
  scene.look();
  scene.look();
  scene.listeners.listening.clear();
  scene.listen(lease.port, 43, "/elsewhere");
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::contested);
}

TEST(KernelWatch, TheEndOfTheHolderIsSeenThoughItsChildKeepsTheSocket) {
  Scene scene;
  const Lease lease = scene.granted(in_folder("shop", "/shop"));
  scene.listen(lease.port, 42, "/shop");
  scene.look();
  scene.look();
  scene.listeners.listening[0].process = scene.processes.start(43, me, 1, "/shop");
  scene.processes.exit(42);
  scene.look();
  EXPECT_EQ(scene.leases.table().find(lease.port)->holder->id.pid, 43);
  EXPECT_EQ(scene.state(lease.port), LeaseState::listening);
}

TEST(KernelWatch, EndsAHandoverOnceNobodyListensAnyMore) {
  Scene scene;
  const Lease lease = scene.granted("shop");
  ASSERT_TRUE(scene.leases.hand_over(lease.port, {}, {}, scene.clock.now()));
  scene.listen(lease.port, 42, "/shop");
  scene.look();
  scene.look();
  EXPECT_EQ(scene.leases.view(*scene.leases.table().find(lease.port)).hold, HoldMode::strict);
  EXPECT_EQ(scene.holds.taken.at(lease.port), HoldMode::strict);
  scene.listeners.listening.clear();
  scene.look();
  EXPECT_EQ(scene.leases.view(*scene.leases.table().find(lease.port)).hold, HoldMode::open);
  EXPECT_EQ(scene.holds.taken.at(lease.port), HoldMode::open);
}

TEST(KernelWatch, EndsAHandoverThoughSomebodyHasThePortOfUdp) {
  Scene scene;
  GrantRequest request = test::LeaseWorld::ask("shop");
  request.protocol = Protocol::both;
  const Lease lease = scene.granted(request);
  ASSERT_TRUE(scene.leases.hand_over(lease.port, {}, {}, scene.clock.now()));
  scene.listen(lease.port, 42, "/shop");
  scene.listeners.listening[0].protocol = Protocol::udp;
  scene.look();
  EXPECT_EQ(scene.holds.taken.at(lease.port), HoldMode::open);
}

TEST(KernelWatch, ASocketThatPortdIsAboutToHandOverAdoptsNobody) {
  Scene scene;
  const Lease lease = scene.granted("shop");
  ASSERT_TRUE(scene.leases.hand_over(lease.port, {}, {}, scene.clock.now()));
  scene.listen(lease.port, ::getpid(), "/shop");
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::listening);
  EXPECT_FALSE(scene.leases.table().find(lease.port)->holder);
  scene.listeners.listening[0].process = scene.processes.start(42, me, 1, "/shop");
  scene.look();
  EXPECT_EQ(scene.leases.table().find(lease.port)->holder->id.pid, 42);
}

// Answers at once, which the real one does not.
struct ReadyEngine : core::Containers {
  std::vector<core::PublishedPort> published;
  std::vector<Told> waiting;

  bool ask(Told told) override {
    waiting.push_back(std::move(told));
    return true;
  }
  void answer() {
    for (const Told& told : std::exchange(waiting, {})) told(published);
  }
};

struct ContainerScene : Scene {
  ReadyEngine engine;

  ContainerScene() { machine.ask(engine); }
  Lease publish(const std::string& key) {
    const Lease lease = granted(in_folder("shop", "/shop"));
    Listener proxy;
    proxy.port = lease.port;
    proxy.inode = 5;
    proxy.user = "root";
    listeners.listening.push_back(proxy);
    engine.published.push_back({Protocol::tcp, lease.port, "", {"0123456789ab", "shop-1", "shop:dev", key}});
    return lease;
  }
};

TEST(KernelWatch, APublishedPortIsItsContainersWithoutAnAlert) {
  ContainerScene scene;
  const Lease lease = scene.publish("shop");
  scene.look();
  EXPECT_TRUE(scene.alerts.raised().empty());  // it is not yet known whose it is
  scene.engine.answer();
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::listening);
  EXPECT_TRUE(scene.alerts.raised().empty());
  EXPECT_FALSE(scene.leases.table().find(lease.port)->holder);
}

TEST(KernelWatch, TheContainerThatContestsIsNamed) {
  ContainerScene scene;
  const Lease lease = scene.publish("other");
  scene.look();
  scene.engine.answer();
  scene.look();
  EXPECT_EQ(scene.state(lease.port), LeaseState::contested);
  ASSERT_EQ(scene.alerts.raised().size(), 1U);
  EXPECT_NE(scene.alerts.raised()[0].detail.find("container shop-1 (shop:dev)"), std::string::npos);
}

}  // namespace
}  // namespace portd::watch
