#include "daemon/portserver/portserver.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>

#include "tests/api/raw_client.hpp"
#include "tests/support/fake_peers.hpp"
#include "tests/support/lease_world.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd::test {
namespace {

using portserver::Limits;

constexpr pid_t asker = 42;

// A real portserver on a unix socket; who asks and what is leased is faked.
struct PortserverWorld : LeaseWorld {
  FakePeers peers;
  testing::TempFolder folder;
  boost::asio::io_context loop{1};
  portserver::Portserver server;

  explicit PortserverWorld(Limits limits = {}, core::Leases::Rules rules = {})
      : LeaseWorld(std::move(rules)),
        server(loop, {leases, journal, processes, peers, [this] { return clock.now(); }, 1000}, alerts, limits) {
    processes.start(asker);
    peers.local = core::Caller{1000, asker};
    if (auto bound = server.bind(socket()); !bound) throw std::runtime_error(bound.error().detail);
    server.start();
  }

  std::filesystem::path socket() const { return folder.path() / "portserver.sock"; }
  RawClient client() { return {loop, unix_address(socket())}; }
  void run_until(const std::function<bool()>& so) { test::run_until(loop, so); }

  // All that a client gets that sends this, once its connection is over.
  std::string ask(const std::string& line) {
    RawClient one = client();
    one.send(line);
    return answer(one);
  }
  std::string answer(RawClient& one) {
    one.ends();
    return one.take_all();
  }
};

Port port_in(const std::string& answer) {
  if (answer.empty() || answer.back() != '\n') throw std::runtime_error("no port: \"" + answer + "\"");
  return Port(static_cast<std::uint16_t>(std::stoul(answer)));
}

TEST(Portserver, AProcessGetsALeaseOnAPortThatIsUnbound) {
  PortserverWorld world;
  const Port port = port_in(world.ask("42\n"));
  const Lease lease = *world.leases.table().find(port);
  EXPECT_EQ(lease.kind, LeaseKind::process);
  EXPECT_EQ(lease.holder->id.pid, asker);
  EXPECT_EQ(lease.protocol, Protocol::both);
  EXPECT_EQ(lease.hold, HoldMode::none);
  EXPECT_FALSE(world.holds.held(port));
}

TEST(Portserver, EveryCallOfAProcessIsAnotherPort) {
  PortserverWorld world;
  const Port first = port_in(world.ask("42\n"));
  EXPECT_NE(port_in(world.ask("42\n")), first);
}

TEST(Portserver, ThePortsGoWithTheProcessTheyAreOf) {
  PortserverWorld world;
  world.processes.start(77);
  world.ask("77\n");
  const Port mine = port_in(world.ask("42\n"));
  world.processes.exit(77);
  EXPECT_EQ(world.leases.table().size(), 1U);
  EXPECT_NE(world.leases.table().find(mine), nullptr);
}

TEST(Portserver, ALineMayComeInPieces) {
  PortserverWorld world;
  RawClient client = world.client();
  client.send("4");
  world.run_until([&] { return world.server.conversations() == 1; });
  client.send("2\n");
  const Port port = port_in(world.answer(client));
  EXPECT_NE(world.leases.table().find(port), nullptr);
}

TEST(Portserver, NothingIsSaidBeforeItIsDurable) {
  PortserverWorld world;
  world.journal.immediate = false;
  RawClient client = world.client();
  client.send("42\n");
  world.run_until([&] { return world.journal.pending() == 1; });
  world.loop.poll();
  EXPECT_FALSE(client.has_received());
  world.journal.commit();
  EXPECT_NE(world.answer(client), "");
}

TEST(Portserver, AFullDiskIsADenialAndLeavesNoLease) {
  PortserverWorld world;
  world.journal.immediate = false;
  RawClient client = world.client();
  client.send("42\n");
  world.run_until([&] { return world.journal.pending() == 1; });
  world.journal.fail();
  EXPECT_EQ(world.answer(client), "");
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Portserver, WhatIsNoPidIsDenied) {
  PortserverWorld world;
  for (const char* line : {"\n", "0\n", "-42\n", "+42\n", " 42\n", "42 \n", "42\r\n", "0x2a\n", "42;\n", "4 2\n",
                           "99999999999\n", "pid\n", "GET / HTTP/1.1\r\n"}) {
    EXPECT_EQ(world.ask(line), "") << line;
  }
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Portserver, ALineThatDoesNotEndIsDenied) {
  PortserverWorld world;
  EXPECT_EQ(world.ask(std::string(200, '4')), "");
  EXPECT_EQ(world.ask(std::string(29, '0') + "42\n").back(), '\n') << "32 bytes are a line";
}

TEST(Portserver, WhoHangsUpWithinItsLineGetsNothing) {
  PortserverWorld world;
  {
    RawClient client = world.client();
    client.send("42");
    world.run_until([&] { return world.server.conversations() == 1; });
  }
  world.run_until([&] { return world.server.conversations() == 0; });
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Portserver, AProcessOfAnotherUserOrNoneIsDenied) {
  PortserverWorld world;
  world.processes.start(77, 1001);
  EXPECT_EQ(world.ask("77\n"), "");
  EXPECT_EQ(world.ask("78\n"), "");
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Portserver, AnotherUsersConnectionIsNotRead) {
  PortserverWorld world;
  world.peers.local = core::Caller{1001, asker};
  EXPECT_EQ(world.ask("42\n"), "");
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Portserver, WhoCountsProcessesInAnotherPidNamespaceIsDenied) {
  PortserverWorld world;
  world.peers.local = core::Caller{1000, std::nullopt};
  EXPECT_EQ(world.ask("42\n"), "");
  world.peers.local = core::Caller{1000, 4711};  // does not let itself be inspected
  EXPECT_EQ(world.ask("42\n"), "");
}

TEST(Portserver, WhoIsTooSlowIsDenied) {
  Limits limits;
  limits.line_time = Millis(10);
  PortserverWorld world(limits);
  EXPECT_EQ(world.ask("42"), "");
  EXPECT_EQ(world.server.conversations(), 0U);
}

TEST(Portserver, AFullRangeIsADenial) {
  PortserverWorld world({}, LeaseWorld::range(20'100, 20'100));
  EXPECT_EQ(world.ask("42\n"), "20100\n");
  EXPECT_EQ(world.ask("42\n"), "");
}

TEST(Portserver, AReadOnlyStoreIsADenial) {
  PortserverWorld world;
  world.journal.read_only = true;
  EXPECT_EQ(world.ask("42\n"), "");
}

TEST(Portserver, WhoIsOneTooManyWaitsAndIsAnswered) {
  Limits limits;
  limits.conversations = 1;
  PortserverWorld world(limits);
  RawClient idle = world.client();
  world.run_until([&] { return world.server.conversations() == 1; });
  RawClient waiting = world.client();
  waiting.send("42\n");
  world.loop.poll();
  EXPECT_EQ(world.leases.table().size(), 0U);
  idle.hang_up();
  EXPECT_NE(world.answer(waiting), "");
}

TEST(Portserver, APortThatNobodyHeardOfIsReleased) {
  PortserverWorld world;
  world.journal.immediate = false;
  {
    RawClient client = world.client();
    client.send("42\n");
    world.run_until([&] { return world.journal.pending() == 1; });
  }
  world.journal.immediate = true;
  world.journal.commit();
  world.run_until([&] { return world.server.conversations() == 0; });
  EXPECT_EQ(world.leases.table().size(), 0U);
}

TEST(Portserver, ItsSocketIsForItsOwnerAlone) {
  PortserverWorld world;
  struct stat status{};
  ASSERT_EQ(::stat(world.socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST(Portserver, StoppingAnswersWhoHasAskedAndEndsTheOthers) {
  PortserverWorld world;
  world.journal.immediate = false;
  RawClient idle = world.client();
  RawClient asking = world.client();
  asking.send("42\n");
  world.run_until([&] { return world.server.conversations() == 2 && world.journal.pending() == 1; });
  bool stopped = false;
  world.server.stop([&] { stopped = true; });
  EXPECT_FALSE(std::filesystem::exists(world.socket()));
  EXPECT_TRUE(idle.ends());
  EXPECT_FALSE(stopped);
  world.journal.commit();
  EXPECT_NE(world.answer(asking), "");
  world.run_until([&] { return stopped; });
}

TEST(Portserver, StoppingWaitsForACommitThatDoesNotComeOnlySoLong) {
  Limits limits;
  limits.shutdown_time = Millis(10);
  PortserverWorld world(limits);
  world.journal.immediate = false;
  RawClient asking = world.client();
  asking.send("42\n");
  world.run_until([&] { return world.journal.pending() == 1; });
  bool stopped = false;
  world.server.stop([&] { stopped = true; });
  world.run_until([&] { return stopped; });
  EXPECT_EQ(world.server.conversations(), 1U);
  world.journal.commit();  // lets go of it while the loop lives
}

TEST(Portserver, WithoutASocketItStopsAllTheSame) {
  LeaseWorld leases;
  FakePeers peers;
  boost::asio::io_context loop{1};
  portserver::Portserver server(
      loop, {leases.leases, leases.journal, leases.processes, peers, [&] { return leases.clock.now(); }, 1000},
      leases.alerts, {});
  server.start();
  bool stopped = false;
  server.stop([&] { stopped = true; });
  run_until(loop, [&] { return stopped; });
}

}  // namespace
}  // namespace portd::test
