// POST /ports with "adopt".
#include <gmock/gmock.h>

#include "tests/support/lease_world.hpp"

namespace portd::core {
namespace {

using testing::HasSubstr;

constexpr pid_t self = 77;

struct AdoptionScene : test::LeaseWorld {
  std::vector<Listener> listeners;

  using LeaseWorld::LeaseWorld;

  Listener& listen(pid_t pid, const std::string& cwd = "/home/dev/old-demo", uid_t uid = 1000) {
    Listener listener;
    listener.address = "127.0.0.1";
    listener.port = Port(3000);
    listener.uid = uid;
    listener.user = uid == 1000 ? "dev" : "postgres";
    if (uid == 1000) listener.process = processes.start(pid, uid, 1, cwd);
    return listeners.emplace_back(listener);
  }
  Listener& publish(const std::string& name, const std::string& key) {
    Listener& listener = listen(0, "", 0);
    listener.container = Container{"0123456789ab", name, "postgres:16", key};
    return listener;
  }
  static GrantRequest as(const std::optional<std::string>& service, std::uint16_t port = 3000) {
    GrantRequest request;
    request.adopt = true;
    request.port = Port(port);
    request.service = service;
    return request;
  }
  Result<Granted> adopt(const GrantRequest& request) {
    return leases.adopt_running(request, listeners, {1000}, self, clock.now());
  }
  Lease adopted(const GrantRequest& request) {
    auto answer = adopt(request);
    if (!answer) throw std::runtime_error(answer.error().detail);
    return answer->leases.at(0);
  }
  Problem refusal(const GrantRequest& request) {
    auto answer = adopt(request);
    if (answer) throw std::runtime_error("adopted");
    EXPECT_FALSE(answer.error().detail.empty());
    return answer.error().problem;
  }
};

TEST(LeaseAdoption, WhatListensIsTheHolderAndItsFolderTheLeases) {
  AdoptionScene scene;
  scene.listen(42);
  const auto answer = scene.adopt(AdoptionScene::as("web"));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->created);
  const Lease& lease = answer->leases.at(0);
  EXPECT_EQ(lease.port, Port(3000));
  EXPECT_EQ(lease.key.text(), "web");
  EXPECT_EQ(lease.state, LeaseState::listening);
  EXPECT_EQ(lease.holder->id.pid, 42);
  EXPECT_TRUE(lease.holder_alive);
  EXPECT_EQ(lease.cwd, "/home/dev/old-demo");
  EXPECT_EQ(lease.protocol, Protocol::tcp);
  EXPECT_FALSE(lease.held);
  EXPECT_TRUE(scene.leases.lacks_hold(lease));
  EXPECT_EQ(lease.id, lease.revision.text());
}

TEST(LeaseAdoption, TheHoldIsTakenOnceTheServerHasEnded) {
  AdoptionScene scene;
  scene.listen(42);
  scene.adopted(AdoptionScene::as("web"));
  scene.processes.exit(42);
  scene.leases.retake_hold(Port(3000));  // as the watch does
  EXPECT_TRUE(scene.holds.held(Port(3000)));
}

TEST(LeaseAdoption, AFolderThatIsStatedWins) {
  AdoptionScene scene;
  scene.listen(42);
  GrantRequest request = AdoptionScene::as("web");
  request.cwd = "/home/dev";
  EXPECT_EQ(scene.adopted(request).cwd, "/home/dev");
}

TEST(LeaseAdoption, WithoutAServiceTheFolderNamesIt) {
  AdoptionScene scene;
  scene.listen(42, "/home/dev/Old Demo");
  EXPECT_EQ(scene.adopted(AdoptionScene::as({})).key.text(), "old-demo");
  AdoptionScene rootless;
  rootless.listen(42, "/").process->command = "/usr/bin/Node server.js";
  EXPECT_EQ(rootless.adopted(AdoptionScene::as({})).key.text(), "node");
  AdoptionScene nameless;
  nameless.listen(42, "/").process->command = "";
  EXPECT_EQ(nameless.adopted(AdoptionScene::as({})).key.text(), "port-3000");
}

TEST(LeaseAdoption, AskingAgainChangesNothing) {
  AdoptionScene scene;
  scene.listen(42);
  const Lease lease = scene.adopted(AdoptionScene::as("web"));
  const auto again = scene.adopt(AdoptionScene::as("web"));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->leases.at(0), lease);
}

TEST(LeaseAdoption, AStrangerOnTheKeysOwnPortBecomesItsService) {
  AdoptionScene scene;
  GrantRequest request = test::LeaseWorld::ask_port("web", 3000, OnConflict::fail);
  request.cwd = "/home/dev/web";
  scene.granted(request);
  scene.leases.set_state(Port(3000), LeaseState::contested);
  scene.listen(42);
  const auto answer = scene.adopt(AdoptionScene::as("web"));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->created);
  EXPECT_TRUE(answer->changed);
  EXPECT_EQ(answer->leases.at(0).state, LeaseState::listening);
  EXPECT_EQ(answer->leases.at(0).holder->id.pid, 42);
  EXPECT_EQ(answer->leases.at(0).cwd, "/home/dev/old-demo");
}

TEST(LeaseAdoption, ALiveHolderIsNotReplaced) {
  AdoptionScene scene;
  GrantRequest request = test::LeaseWorld::ask_port("web", 3000, OnConflict::fail);
  request.pid = scene.processes.start(41).id.pid;
  scene.granted(request);
  scene.listen(42);
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::already_running);
}

TEST(LeaseAdoption, NobodyListens) {
  AdoptionScene scene;
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::not_found);
}

TEST(LeaseAdoption, WhatIsNotOursIsForbidden) {
  AdoptionScene scene;
  scene.listen(42, "/var/lib", 105);
  EXPECT_EQ(scene.refusal(AdoptionScene::as("db")), Problem::forbidden);
  scene.listeners[0].process = scene.processes.start(42, 105);  // root sees it
  EXPECT_EQ(scene.refusal(AdoptionScene::as("db")), Problem::forbidden);
  scene.listeners.clear();
  scene.listen(43).process.reset();
  EXPECT_EQ(scene.refusal(AdoptionScene::as("db")), Problem::forbidden);
  scene.listeners.clear();
  scene.listen(self);
  EXPECT_EQ(scene.refusal(AdoptionScene::as("portd")), Problem::forbidden);
  EXPECT_EQ(scene.leases.table().size(), 0U);
}

TEST(LeaseAdoption, OneForeignSocketOfThePortIsEnough) {
  AdoptionScene scene;
  scene.listen(42);
  scene.listen(43, "", 105);
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::forbidden);
}

TEST(LeaseAdoption, APortOfAnotherKeyIsInUse) {
  AdoptionScene scene;
  scene.granted(test::LeaseWorld::ask_port("shop", 3000, OnConflict::fail));
  scene.listen(42);
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::port_in_use);
  scene.listeners[0].process.reset();
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::port_in_use);
}

TEST(LeaseAdoption, AKeyThatHasAnotherPortConflicts) {
  AdoptionScene scene;
  const Lease other = scene.granted("web");
  scene.listen(42);
  const auto answer = scene.adopt(AdoptionScene::as("web"));
  EXPECT_EQ(answer.error().problem, Problem::key_conflict);
  EXPECT_THAT(answer.error().detail, HasSubstr(other.port.text()));
}

TEST(LeaseAdoption, AReleaseThatIsNotYetDurableKeepsThePort) {
  AdoptionScene scene;
  scene.listen(42);
  scene.adopted(AdoptionScene::as("web"));
  scene.journal.immediate = false;
  scene.release(Port(3000));
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::port_in_use);
}

TEST(LeaseAdoption, ABarredPortMayBeAdopted) {
  AdoptionScene scene;
  scene.listen(42).port = Port(27017);
  EXPECT_EQ(scene.adopted(AdoptionScene::as("mongo", 27017)).port, Port(27017));
  scene.release(Port(27017));
  EXPECT_EQ(scene.leases.barred(Port(27017)), Verdict::excluded);
}

TEST(LeaseAdoption, WhereOnlyUdpListensTheLeaseIsForUdp) {
  AdoptionScene scene;
  scene.listen(42).protocol = Protocol::udp;
  EXPECT_EQ(scene.adopted(AdoptionScene::as("dns")).protocol, Protocol::udp);
  AdoptionScene both;
  both.listen(42).protocol = Protocol::udp;
  both.listen(43);
  const Lease lease = both.adopted(AdoptionScene::as("dns"));
  EXPECT_EQ(lease.protocol, Protocol::tcp);
  EXPECT_EQ(lease.holder->id.pid, 43);
}

TEST(LeaseAdoption, ATcpLeaseDoesNotAdoptDatagrams) {
  AdoptionScene scene;
  scene.granted(test::LeaseWorld::ask_port("web", 3000, OnConflict::fail));
  scene.listen(42).protocol = Protocol::udp;
  EXPECT_EQ(scene.refusal(AdoptionScene::as("web")), Problem::key_conflict);
}

TEST(LeaseAdoption, APublishedPortIsItsContainers) {
  AdoptionScene scene;
  scene.publish("shop-db-1", "");
  const Lease lease = scene.adopted(AdoptionScene::as("db"));
  EXPECT_FALSE(lease.holder);
  EXPECT_EQ(lease.container, "shop-db-1");
  EXPECT_EQ(lease.cwd, "");
  EXPECT_EQ(lease.state, LeaseState::listening);
}

TEST(LeaseAdoption, ALabelNamesTheServiceUnlessOneIsStated) {
  AdoptionScene labelled;
  labelled.publish("shop-db-1", "acme/db:postgres");
  EXPECT_EQ(labelled.adopted(AdoptionScene::as({})).key.text(), "acme/db:postgres");
  AdoptionScene stated;
  stated.publish("shop-db-1", "acme/db:postgres");
  EXPECT_EQ(stated.adopted(AdoptionScene::as("other")).key.text(), "other");
  AdoptionScene hostile;
  hostile.publish("Shop/DB", "NO KEY");
  EXPECT_EQ(hostile.adopted(AdoptionScene::as({})).key.text(), "shop-db");
}

TEST(LeaseAdoption, AContainerWithoutANameIsCalledAsItsPort) {
  AdoptionScene scene;
  scene.publish("", "");
  EXPECT_EQ(scene.adopted(AdoptionScene::as({})).key.text(), "port-3000");
}

TEST(LeaseAdoption, WhoListensBesideTheServerContestsIt) {
  AdoptionScene scene;
  scene.listen(42);
  scene.listen(43);
  EXPECT_EQ(scene.adopted(AdoptionScene::as("web")).state, LeaseState::contested);
  scene.leases.set_state(Port(3000), LeaseState::listening);
  EXPECT_EQ(scene.adopted(AdoptionScene::as("web")).state, LeaseState::contested);
  scene.listeners.pop_back();
  EXPECT_EQ(scene.adopted(AdoptionScene::as("web")).state, LeaseState::listening);
}

TEST(LeaseAdoption, WhatIsUndoneLeavesNothing) {
  AdoptionScene scene;
  scene.journal.immediate = false;
  scene.listen(42);
  scene.adopted(AdoptionScene::as("web"));
  scene.journal.fail();
  EXPECT_EQ(scene.leases.table().size(), 0U);
  EXPECT_FALSE(scene.processes.watched(42));
}

}  // namespace
}  // namespace portd::core
