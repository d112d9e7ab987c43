// Holds::listen: a socket that listens over a hold, for a launcher.
#include <gtest/gtest.h>

#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

using test::free_port;
using test::ReuseAddress;
using test::serve;
using test::V6;
using test::Wish;
using Claim = core::Holds::Claim;

class HandoverTest : public test::PlatformWorld {
 protected:
  void hold(HoldMode mode = HoldMode::open) {
    platform_.holds->take(port_, Protocol::tcp, mode, Claim::new_port);
    ASSERT_EQ(platform_.holds->held(port_), can_hold() && mode != HoldMode::none);
  }
  Result<Descriptor> listen(const std::string& address = "127.0.0.1") {
    return platform_.holds->listen(port_, *ListenAddress::parse(address));
  }
  int squat(const std::string& address, ReuseAddress reuse, V6 v6 = V6::only) const {
    return serve(port_.number(), {address, reuse, v6}).error;
  }

  const Port port_ = free_port();
};

TEST_F(HandoverTest, TheSocketListensOnItsAddress) {
  for (const std::string address : {"127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::"}) {
    hold();
    const auto socket = listen(address);
    ASSERT_TRUE(socket) << address << ": " << socket.error().detail;
    EXPECT_EQ(test::local_port(*socket), port_.number());
    const bool v6 = address.starts_with("::");
    const std::string at = address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address;
    EXPECT_TRUE(test::connect_to(at, port_.number())) << address;
    EXPECT_FALSE(test::connect_to(v6 ? "127.0.0.1" : "::1", port_.number())) << address;
    platform_.holds->drop(port_);
  }
}

TEST_F(HandoverTest, NobodyGetsInWhileItLives) {
  SKIP_UNLESS(can_hold());
  for (const HoldMode mode : {HoldMode::open, HoldMode::strict}) {
    for (const std::string address : {"127.0.0.1", "0.0.0.0", "::1", "::"}) {
      hold(mode);
      const auto socket = listen(address);
      ASSERT_TRUE(socket) << address;
      for (const std::string squatted : {"127.0.0.1", "0.0.0.0", "127.0.0.2", "::1", "::"}) {
        EXPECT_EQ(squat(squatted, ReuseAddress::no), EADDRINUSE) << squatted << " beside " << address;
        EXPECT_EQ(squat(squatted, ReuseAddress::yes), EADDRINUSE) << squatted << " beside " << address;
      }
      EXPECT_EQ(squat("::", ReuseAddress::yes, V6::dual), EADDRINUSE) << "dual-stack beside " << address;
      platform_.holds->drop(port_);
    }
  }
}

TEST_F(HandoverTest, ASocketThatWasBoundBeforeDoesNotGetToListen) {
  SKIP_UNLESS(can_hold());
  hold();
  const auto v4 = test::bind_program(port_.number(), {"127.0.0.1", ReuseAddress::yes});
  const auto v6 = test::bind_program(port_.number(), {"::", ReuseAddress::yes});
  ASSERT_TRUE(listen());
  const auto socket = listen();
  ASSERT_TRUE(socket);
  EXPECT_NE(::listen(v4.socket.get(), 1), 0);
  EXPECT_NE(::listen(v6.socket.get(), 1), 0);
}

TEST_F(HandoverTest, WhereSomebodyListensItIsInUseAndTheHoldIsStrict) {
  hold();
  const auto program = serve(port_.number(), {"0.0.0.0", ReuseAddress::yes});
  ASSERT_EQ(program.error, 0);
  const auto socket = listen();
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().problem, Problem::port_in_use);
  if (can_hold()) {
    EXPECT_EQ(squat("::1", ReuseAddress::yes), EADDRINUSE);
  }
}

// The trap: an accepted connection inherits SO_REUSEADDR from the listener. Cleared there, the connections that have
// ended would refuse every later bind for a minute.
TEST_F(HandoverTest, ItsEndedConnectionsKeepNobodyFromBinding) {
  hold();
  {
    auto socket = listen();
    ASSERT_TRUE(socket);
    const auto client = test::connect_to("127.0.0.1", port_.number());
    test::Program server{std::move(*socket)};
    test::accept_from(server).reset();  // closes first: TIME_WAIT is on this side
    char byte = 0;
    EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 0);
  }
  EXPECT_TRUE(listen()) << "again";
  platform_.holds->set_mode(port_, HoldMode::open);
  EXPECT_EQ(squat("127.0.0.1", ReuseAddress::yes), 0);
  EXPECT_EQ(squat("0.0.0.0", ReuseAddress::yes), 0);
}

TEST_F(HandoverTest, WithoutAHoldItIsBoundPlainlyAlsoPastTimeWait) {
  hold(HoldMode::none);
  ASSERT_TRUE(listen());
  test::leave_time_wait(port_, "127.0.0.1", {"127.0.0.1", ReuseAddress::yes});
  EXPECT_TRUE(listen());
}

TEST_F(HandoverTest, WithoutAHoldAnotherPortdsHoldIsInTheWay) {
  SKIP_UNLESS(can_hold());
  const auto other = platform::create_platform(loop_);
  ASSERT_EQ(other.holds->take(port_, Protocol::tcp, HoldMode::open, Claim::new_port), core::Holds::Outcome::held);
  const auto socket = listen();
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().problem, Problem::port_in_use);
}

TEST_F(HandoverTest, NothingIsKeptOfIt) {
  hold();
  const int before = Descriptor(::dup(0)).get();
  ASSERT_TRUE(listen());
  EXPECT_EQ(Descriptor(::dup(0)).get(), before);
  EXPECT_FALSE(test::connect_to("127.0.0.1", port_.number()));
}

TEST_F(HandoverTest, WithoutDescriptorsItIsOverloaded) {
  hold();
  ASSERT_TRUE(listen());
  const test::LowDescriptorLimit limit(64);
  std::vector<test::Descriptor> others(64);
  for (auto& other : others) other.reset(::dup(0));
  const auto socket = listen();
  others.clear();
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().problem, Problem::overloaded);
}

}  // namespace
}  // namespace portd
