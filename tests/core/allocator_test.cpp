#include "daemon/core/allocator.hpp"

#include <gtest/gtest.h>

#include <set>

namespace portd::core {
namespace {

constexpr PortRange small{Port(20000), Port(20009)};
Key shop() { return {"default", "shop", "main", "http"}; }

std::vector<int> walk(const PortSet& taken, PortRange range, Port start) {
  std::vector<int> ports;
  Candidates candidates(taken, range, start);
  while (auto port = candidates.next()) ports.push_back(port->number());
  return ports;
}

TEST(Allocator, HashStartsAtTheFirstEightBytesOfSha256ModuloTheRange) {
  // printf shop | sha256sum | cut -c1-16 -> 8d9001d32c6a703d; modulo 10,000
  Allocator allocator(1);
  const Port start = allocator.start(Strategy::hash, shop(), {Port(20000), Port(29999)}, {});
  EXPECT_EQ(start.number(), 20000 + 3725);
}

TEST(Allocator, NextStartsAtTheLowest) {
  Allocator allocator(1);
  EXPECT_EQ(allocator.start(Strategy::next, shop(), small, {}), Port(20000));
}

TEST(Allocator, RandomReachesEveryPortOfTheRange) {
  Allocator allocator(1);
  std::set<Port> seen;
  for (int draw = 0; draw < 500; ++draw) seen.insert(allocator.start(Strategy::random, shop(), small, {}));
  EXPECT_EQ(seen.size(), 10U);
}

TEST(Candidates, ProbeLinearlyAndWrapOnce) {
  EXPECT_EQ(walk({}, small, Port(20007)),
            (std::vector<int>{20007, 20008, 20009, 20000, 20001, 20002, 20003, 20004, 20005, 20006}));
}

TEST(Candidates, FromTheFirstPortDoNotRepeat) { EXPECT_EQ(walk({}, small, Port(20000)).size(), 10U); }
TEST(Candidates, FromTheLastPortDoNotRepeat) { EXPECT_EQ(walk({}, small, Port(20009)).size(), 10U); }

TEST(Candidates, SkipWhatIsTaken) {
  PortSet taken;
  for (const std::uint16_t number : std::initializer_list<std::uint16_t>{20001, 20002, 20008, 20009})
    taken.insert(Port(number));
  EXPECT_EQ(walk(taken, small, Port(20008)), (std::vector<int>{20000, 20003, 20004, 20005, 20006, 20007}));
}

TEST(Candidates, OfAFullRangeAreNone) {
  PortSet taken;
  for (int number = 20000; number < 20010; ++number) taken.insert(Port(static_cast<std::uint16_t>(number)));
  EXPECT_TRUE(walk(taken, small, Port(20004)).empty());
}

TEST(BlockedPorts, AreThoseThatBrowsersRefuse) {
  for (const std::uint16_t number : std::initializer_list<std::uint16_t>{1, 22, 6000, 6667, 10080})
    EXPECT_TRUE(is_blocked(Port(number))) << number;
  for (const std::uint16_t number : std::initializer_list<std::uint16_t>{5000, 8080, 20000})
    EXPECT_FALSE(is_blocked(Port(number))) << number;
}

TEST(WellKnownPorts, LieInTheDefaultRange) {
  for (const std::uint16_t number :
       std::initializer_list<std::uint16_t>{22000, 24224, 25565, 25672, 26257, 26379, 27017}) {
    EXPECT_TRUE(is_well_known(Port(number))) << number;
  }
}

}  // namespace
}  // namespace portd::core
