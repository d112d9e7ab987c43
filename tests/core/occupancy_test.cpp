#include "daemon/core/occupancy.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_processes.hpp"

namespace portd::core {
namespace {

constexpr uid_t me = 1000;

struct OccupancyScene {
  test::FakeProcesses processes;
  Lease lease;

  OccupancyScene() {
    lease.port = Port(20100);
    lease.key.service = "shop";
    lease.cwd = "/home/dev/shop";
  }
  Listener listener(pid_t pid, const std::string& cwd, pid_t parent = 1, uid_t uid = me) {
    Listener made;
    made.port = lease.port;
    made.uid = uid;
    made.process = processes.start(pid, uid, parent, cwd);
    return made;
  }
  Occupancy judged(const std::vector<Listener>& listeners) { return judge(lease, listeners, processes, me); }
  void hold_by(pid_t pid) {
    lease.holder = processes.start(pid);
    lease.holder_alive = true;
  }
};

TEST(Occupancy, WithoutListenersIsReserved) { EXPECT_EQ(OccupancyScene().judged({}).state, LeaseState::reserved); }

TEST(Occupancy, TheLiveHoldersDescendantListens) {
  OccupancyScene scene;
  scene.hold_by(42);
  const Occupancy found = scene.judged({scene.listener(43, "/elsewhere", 42)});
  EXPECT_EQ(found.state, LeaseState::listening);
  EXPECT_FALSE(found.adopted);
}

TEST(Occupancy, AnotherProcessThanTheLiveHoldersContests) {
  OccupancyScene scene;
  scene.hold_by(42);
  const Occupancy found = scene.judged({scene.listener(43, "/home/dev/shop")});
  EXPECT_EQ(found.state, LeaseState::contested);
  EXPECT_EQ(found.intruder->process->id.pid, 43);
}

TEST(Occupancy, WithoutALiveHolderTheFirstListenerInTheFolderIsAdopted) {
  OccupancyScene scene;
  const Occupancy found = scene.judged({scene.listener(43, "/home/dev/shop/sub")});
  EXPECT_EQ(found.state, LeaseState::listening);
  EXPECT_EQ(found.adopted->id.pid, 43);
}

TEST(Occupancy, AListenerOfAnotherFolderContests) {
  OccupancyScene scene;
  EXPECT_EQ(scene.judged({scene.listener(43, "/home/dev/shop2")}).state, LeaseState::contested);
}

TEST(Occupancy, WithoutARecordedFolderAnyOfTheSameUserIsAdopted) {
  OccupancyScene scene;
  scene.lease.cwd.clear();
  EXPECT_EQ(scene.judged({scene.listener(43, "/anywhere")}).state, LeaseState::listening);
  EXPECT_EQ(scene.judged({scene.listener(44, "/anywhere", 1, 1001)}).state, LeaseState::contested);
}

TEST(Occupancy, TheLeaseInTheEnvironmentIsRecognised) {
  OccupancyScene scene;
  const Listener listener = scene.listener(43, "/elsewhere");
  scene.processes.table[43].environment["PORTD_LEASE"] = "shop,20100,7";
  EXPECT_EQ(scene.judged({listener}).state, LeaseState::listening);
  scene.processes.table[43].environment["PORTD_LEASE"] = "shop,20101,7";
  EXPECT_EQ(scene.judged({listener}).state, LeaseState::contested);
}

TEST(Occupancy, ASecondOwnerBesideTheAdoptedOneContests) {
  OccupancyScene scene;
  scene.lease.cwd.clear();
  const auto found = scene.judged({scene.listener(43, "/a"), scene.listener(44, "/a")});
  EXPECT_EQ(found.state, LeaseState::contested);
  EXPECT_EQ(found.intruder->process->id.pid, 44);
}

TEST(Occupancy, AnUnseenProcessOfAnotherUserContests) {
  OccupancyScene scene;
  Listener listener = scene.listener(43, "/x", 1, 1001);
  listener.process.reset();
  EXPECT_EQ(scene.judged({listener}).state, LeaseState::contested);
}

TEST(Occupancy, AnUdpSocketDoesNotConcernATcpLease) {
  OccupancyScene scene;
  Listener listener = scene.listener(43, "/elsewhere");
  listener.protocol = Protocol::udp;
  EXPECT_EQ(scene.judged({listener}).state, LeaseState::reserved);
  scene.lease.protocol = Protocol::both;
  EXPECT_EQ(scene.judged({listener}).state, LeaseState::contested);
}

TEST(Occupancy, AListenerByAnotherProtocolIsForeignUnlessItIsTheServicesOwn) {
  OccupancyScene scene;
  scene.lease.cwd = "/shop";
  const auto verdict = [&scene](pid_t pid, const std::string& cwd, Protocol protocol) {
    Listener listener = scene.listener(pid, cwd);
    listener.protocol = protocol;
    return verdict_on(listener, scene.lease, scene.processes, 1000);
  };
  EXPECT_EQ(verdict(43, "/elsewhere", Protocol::udp), Verdict::foreign);
  EXPECT_EQ(verdict(44, "/elsewhere", Protocol::tcp), Verdict::contested);
  EXPECT_EQ(verdict(45, "/shop", Protocol::udp), Verdict::listening) << "HTTP/3 beside HTTP/1.1";
}

struct PublishedScene : OccupancyScene {
  Listener proxy;

  PublishedScene() {
    proxy.port = lease.port;
    proxy.user = "root";
    proxy.container = Container{"0123456789ab", "shop-web-1", "shop:dev", ""};
  }
  LeaseState state() { return judged({proxy}).state; }
};

TEST(Occupancy, AContainerIsTheServiceByItsLabel) {
  PublishedScene scene;
  EXPECT_EQ(scene.state(), LeaseState::contested);
  scene.proxy.container->key = "default/shop@main:http";
  EXPECT_EQ(scene.state(), LeaseState::listening);
  scene.hold_by(42);  // such as `docker run` in the foreground
  EXPECT_EQ(scene.state(), LeaseState::listening);
  scene.proxy.container->key = "shop@other";
  EXPECT_EQ(scene.state(), LeaseState::contested);
  scene.proxy.container->key = "NO KEY";
  EXPECT_EQ(scene.state(), LeaseState::contested);
}

TEST(Occupancy, AContainerIsTheServiceByAdoption) {
  PublishedScene scene;
  scene.lease.container = "shop-web-1";
  EXPECT_EQ(scene.state(), LeaseState::listening);
  EXPECT_FALSE(scene.judged({scene.proxy}).adopted);
  scene.proxy.container->name = "other";
  EXPECT_EQ(scene.state(), LeaseState::contested);
  scene.lease.container.clear();
  scene.proxy.container->name.clear();
  EXPECT_EQ(scene.state(), LeaseState::contested);
}

TEST(LiesIn, ComparesWholeFolders) {
  EXPECT_TRUE(lies_in("/a/b", "/a/b"));
  EXPECT_TRUE(lies_in("/a/b/c", "/a/b"));
  EXPECT_FALSE(lies_in("/a/bc", "/a/b"));
  EXPECT_TRUE(lies_in("/a", "/"));
}

}  // namespace
}  // namespace portd::core
