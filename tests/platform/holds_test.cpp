#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <vector>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

using test::free_port;
using test::leave_time_wait;
using test::ReuseAddress;
using test::serve;
using test::V6;
using test::Wish;
using Claim = core::Holds::Claim;
using Outcome = core::Holds::Outcome;

const std::vector<Wish> every_address = {
    {"0.0.0.0"}, {"127.0.0.1"}, {"::"}, {"::1"}, {"::", ReuseAddress::no, V6::dual}};

std::string name_of(const Wish& wish) { return wish.address + (wish.v6 == V6::dual ? " dual-stack" : ""); }

Wish with_reuse(Wish wish) {
  wish.reuse = ReuseAddress::yes;
  return wish;
}

class HoldsTest : public test::PlatformWorld {
 protected:
  Outcome take(Port port, HoldMode mode = HoldMode::open, Claim claim = Claim::new_port) {
    return platform_.holds->take(port, Protocol::tcp, mode, claim);
  }
  Outcome taken() const { return can_hold() ? Outcome::held : Outcome::probed; }
  int error_without_reuse(Port port, const Wish& wish) { return serve(port.number(), wish).error; }
  int error_with_reuse(Port port, const Wish& wish) { return serve(port.number(), with_reuse(wish)).error; }

  const Port port_ = free_port();
};

TEST_F(HoldsTest, AFreePortIsTaken) {
  EXPECT_EQ(take(port_), taken());
  EXPECT_EQ(platform_.holds->held(port_), can_hold());
  EXPECT_EQ(platform_.holds->can_hold(Protocol::tcp), can_hold());
}

TEST_F(HoldsTest, AListenerOnAnyAddressIsInTheWay) {
  for (const Wish& wish : every_address) {
    const auto listener = serve(port_.number(), with_reuse(wish));
    ASSERT_EQ(listener.error, 0) << name_of(wish);
    EXPECT_EQ(take(port_), Outcome::in_use) << name_of(wish);
    EXPECT_EQ(take(port_, HoldMode::open, Claim::own_port), Outcome::in_use) << name_of(wish);
    EXPECT_FALSE(platform_.holds->held(port_));
  }
}

TEST_F(HoldsTest, AListenerInTheSecondFamilyLeavesNothingInTheFirst) {
  const auto listener = serve(port_.number(), {"::1"});
  EXPECT_EQ(take(port_), Outcome::in_use);
  EXPECT_EQ(error_without_reuse(port_, {"0.0.0.0"}), 0);
}

TEST_F(HoldsTest, AProgramWithoutReuseaddrGetsEaddrinuseOverAnOpenHold) {
  SKIP_UNLESS(can_hold());
  ASSERT_EQ(take(port_), Outcome::held);
  for (const Wish& wish : every_address) EXPECT_EQ(error_without_reuse(port_, wish), EADDRINUSE) << name_of(wish);
}

TEST_F(HoldsTest, AProgramWithReuseaddrServesOverAnOpenHold) {
  ASSERT_EQ(take(port_), taken());
  for (const Wish& wish : every_address) {
    const auto server = serve(port_.number(), with_reuse(wish));
    ASSERT_EQ(server.error, 0) << name_of(wish);
    const bool v6 = wish.address.find(':') != std::string::npos;
    EXPECT_TRUE(test::connect_to(v6 ? "::1" : "127.0.0.1", port_.number())) << name_of(wish);
    EXPECT_EQ(bool(test::connect_to("127.0.0.1", port_.number())), !v6 || wish.v6 == V6::dual) << name_of(wish);
  }
}

TEST_F(HoldsTest, AHoldWithNobodyServingRefusesConnections) {
  ASSERT_EQ(take(port_), taken());
  EXPECT_FALSE(test::connect_to("127.0.0.1", port_.number()));
  EXPECT_FALSE(test::connect_to("::1", port_.number()));
}

TEST_F(HoldsTest, AStrictHoldRefusesEveryProgram) {
  SKIP_UNLESS(can_hold());
  ASSERT_EQ(take(port_, HoldMode::strict), Outcome::held);
  for (const Wish& wish : every_address) {
    EXPECT_EQ(error_without_reuse(port_, wish), EADDRINUSE) << name_of(wish);
    EXPECT_EQ(error_with_reuse(port_, wish), EADDRINUSE) << name_of(wish);
  }
}

TEST_F(HoldsTest, TheModeOfAHoldCanBeChanged) {
  SKIP_UNLESS(can_hold());
  ASSERT_EQ(take(port_, HoldMode::strict), Outcome::held);
  platform_.holds->set_mode(port_, HoldMode::open);
  EXPECT_EQ(error_with_reuse(port_, {"::", ReuseAddress::no, V6::dual}), 0);
  platform_.holds->set_mode(port_, HoldMode::strict);
  EXPECT_EQ(error_with_reuse(port_, {"::", ReuseAddress::no, V6::dual}), EADDRINUSE);
}

TEST_F(HoldsTest, NobodyTakesAPortThatAnotherPortdHolds) {
  SKIP_UNLESS(can_hold());
  const auto other = platform::create_platform(loop_);
  for (const HoldMode mode : {HoldMode::open, HoldMode::strict}) {
    const Port port = free_port();
    ASSERT_EQ(other.holds->take(port, Protocol::tcp, mode, Claim::new_port), Outcome::held);
    EXPECT_EQ(take(port), Outcome::in_use);
    EXPECT_EQ(take(port, HoldMode::open, Claim::own_port), Outcome::in_use);
    EXPECT_EQ(take(port, HoldMode::strict, Claim::own_port), Outcome::in_use);
  }
}

TEST_F(HoldsTest, AProbeKeepsNothing) {
  EXPECT_EQ(take(port_, HoldMode::none), Outcome::probed);
  EXPECT_FALSE(platform_.holds->held(port_));
  for (const Wish& wish : every_address) EXPECT_EQ(error_without_reuse(port_, wish), 0) << name_of(wish);
}

TEST_F(HoldsTest, AUdpPortIsProbedInBothFamilies) {
  const auto take_udp = [this](Protocol protocol) {
    return platform_.holds->take(port_, protocol, HoldMode::open, Claim::new_port);
  };
  EXPECT_EQ(take_udp(Protocol::udp), Outcome::probed);
  EXPECT_FALSE(platform_.holds->held(port_));
  EXPECT_FALSE(platform_.holds->can_hold(Protocol::udp));
  for (const char* address : {"127.0.0.1", "::1"}) {
    const auto server = test::bind_program(port_.number(), {address, ReuseAddress::no, V6::only, SOCK_DGRAM});
    ASSERT_EQ(server.error, 0);
    EXPECT_EQ(take_udp(Protocol::udp), Outcome::in_use) << address;
    EXPECT_EQ(take_udp(Protocol::both), Outcome::in_use) << address;
  }
  EXPECT_EQ(error_without_reuse(port_, {"0.0.0.0"}), 0) << "the TCP half was kept";
  EXPECT_EQ(take_udp(Protocol::both), taken());
}

TEST_F(HoldsTest, DroppingFreesThePortAndItsDescriptors) {
  const int before = test::Descriptor(::dup(0)).get();
  ASSERT_EQ(take(port_), taken());
  platform_.holds->drop(port_);
  EXPECT_FALSE(platform_.holds->held(port_));
  EXPECT_EQ(test::Descriptor(::dup(0)).get(), before);
  for (const Wish& wish : every_address) EXPECT_EQ(error_without_reuse(port_, wish), 0) << name_of(wish);
}

TEST_F(HoldsTest, APortThatTheSystemForbidsIsDenied) {
  const std::string said = test::in_child([this] {
    if (::getuid() == 0 && ::setuid(65534) != 0) return std::string("skip");
    if (test::bind_program(1, {"127.0.0.1"}).error != EACCES) return std::string("skip");
    return std::string(take(Port(1)) == Outcome::denied ? "denied" : "not denied");
  });
  if (said == "skip") GTEST_SKIP() << "this system forbids no port";
  EXPECT_EQ(said, "denied");
}

// --- a key's own old port, its last server just gone

struct Ended {
  const char* name;
  std::string host;
  Wish server;
};
void PrintTo(const Ended& ended, std::ostream* out) { *out << ended.name; }

class OwnPortTest : public HoldsTest, public testing::WithParamInterface<Ended> {
 protected:
  void SetUp() override {
    leave_time_wait(port_, GetParam().host, with_reuse(GetParam().server));
    ASSERT_EQ(take(port_), Outcome::in_use) << "no TIME_WAIT was left";
  }
  Outcome take_own(HoldMode mode) { return take(port_, mode, Claim::own_port); }
};

INSTANTIATE_TEST_SUITE_P(Families, OwnPortTest,
                         testing::Values(Ended{"IPv4", "127.0.0.1", {"0.0.0.0"}}, Ended{"IPv6", "::1", {"::"}},
                                         Ended{"DualStack", "127.0.0.1", {"::", ReuseAddress::no, V6::dual}}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(OwnPortTest, IsTakenPastTimeWait) {
  EXPECT_EQ(take_own(HoldMode::open), taken());
  EXPECT_EQ(error_with_reuse(port_, GetParam().server), 0);
}

TEST_P(OwnPortTest, TakenPastTimeWaitStillRefusesProgramsWithoutReuseaddr) {
  SKIP_UNLESS(can_hold());
  ASSERT_EQ(take_own(HoldMode::open), Outcome::held);
  for (const Wish& wish : every_address) EXPECT_EQ(error_without_reuse(port_, wish), EADDRINUSE) << name_of(wish);
}

TEST_P(OwnPortTest, TakenStrictlyPastTimeWaitRefusesEveryProgram) {
  SKIP_UNLESS(can_hold());
  ASSERT_EQ(take_own(HoldMode::strict), Outcome::held);
  for (const Wish& wish : every_address) EXPECT_EQ(error_with_reuse(port_, wish), EADDRINUSE) << name_of(wish);
}

TEST_P(OwnPortTest, IsNotTakenFromAnotherPortd) {
  SKIP_UNLESS(can_hold());
  const auto other = platform::create_platform(loop_);
  ASSERT_EQ(other.holds->take(port_, Protocol::tcp, HoldMode::open, Claim::own_port), Outcome::held);
  EXPECT_EQ(take_own(HoldMode::open), Outcome::in_use);
  EXPECT_EQ(take_own(HoldMode::strict), Outcome::in_use);
}

TEST_P(OwnPortTest, IsNotTakenFromAListener) {
  for (const Wish& wish : every_address) {
    const auto listener = serve(port_.number(), with_reuse(wish));
    ASSERT_EQ(listener.error, 0) << name_of(wish);
    EXPECT_EQ(take_own(HoldMode::open), Outcome::in_use) << name_of(wish);
  }
}

TEST_P(OwnPortTest, IsNotTakenFromAnOpenConnection) {
  SKIP_UNLESS(can_hold());
  auto server = serve(port_.number(), with_reuse(GetParam().server));
  const auto client = test::connect_to(GetParam().host, port_.number());
  const auto accepted = test::accept_from(server);
  server.socket.reset();
  EXPECT_EQ(take_own(HoldMode::open), Outcome::in_use);
}

TEST_P(OwnPortTest, IsNotTakenFromASocketThatIsAboutToListen) {
  SKIP_UNLESS(can_hold());
  for (const char* address : {"0.0.0.0", "::"}) {
    const auto program = test::bind_program(port_.number(), {address, ReuseAddress::yes});
    ASSERT_EQ(program.error, 0) << address;
    EXPECT_EQ(take_own(HoldMode::open), Outcome::in_use) << address;
  }
}

TEST_P(OwnPortTest, TakingLeavesNoGuardBehind) {
  const int before = test::Descriptor(::dup(0)).get();
  ASSERT_EQ(take_own(HoldMode::open), taken());
  platform_.holds->drop(port_);
  EXPECT_EQ(test::Descriptor(::dup(0)).get(), before);
}

// --- descriptors

TEST_F(HoldsTest, NothingIsHeldFromTheReserveOfDescriptors) {
  SKIP_UNLESS(can_hold());
  const test::LowDescriptorLimit limit(64);
  std::set<Port> held;
  Port last = free_port();
  Outcome outcome = take(last);
  for (; outcome == Outcome::held; outcome = take(last = free_port())) held.insert(last);
  EXPECT_EQ(outcome, Outcome::no_descriptors);
  EXPECT_FALSE(platform_.holds->held(last));
  EXPECT_GE(held.size(), 1U);

  std::vector<test::Descriptor> connections(20);
  for (auto& connection : connections) connection.reset(::dup(0));
  EXPECT_TRUE(connections.back()) << "no room for 20 connections";
}

TEST_F(HoldsTest, ShortOfDescriptorsAPortInUseIsStillFound) {
  const auto listener = serve(port_.number(), {"0.0.0.0"});
  const test::LowDescriptorLimit limit(64);
  std::vector<test::Descriptor> others(40);
  for (auto& other : others) other.reset(::dup(0));
  EXPECT_EQ(take(port_), Outcome::in_use);
}

TEST_F(HoldsTest, WithoutAnyDescriptorNothingIsKnown) {
  ASSERT_EQ(take(port_), taken());  // also: UBSan needs descriptors to check a type that it meets first
  platform_.holds->drop(port_);
  const test::LowDescriptorLimit limit(64);
  std::vector<test::Descriptor> others(64);
  for (auto& other : others) other.reset(::dup(0));
  EXPECT_EQ(take(port_), Outcome::no_descriptors);
}

}  // namespace
}  // namespace portd
