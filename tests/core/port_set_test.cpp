#include "daemon/core/port_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace portd::core {
namespace {

constexpr PortRange whole{Port(1), Port(65535)};

TEST(PortSet, FindsTheOnlyAbsentPortOfAFullRange) {
  PortSet set;
  for (int number = 20000; number <= 29999; ++number) set.insert(Port(static_cast<std::uint16_t>(number)));
  set.erase(Port(27123));
  EXPECT_EQ(set.next_absent({Port(20000), Port(29999)}, Port(20000)), Port(27123));
  EXPECT_EQ(set.next_absent({Port(20000), Port(29999)}, Port(27124)), std::nullopt);
}

TEST(PortSet, FindsNothingInAFullSetOfAllPorts) {
  PortSet set;
  for (int number = 1; number <= 65535; ++number) set.insert(Port(static_cast<std::uint16_t>(number)));
  EXPECT_EQ(set.next_absent(whole, Port(1)), std::nullopt);
  EXPECT_EQ(set.count(whole), 65535U);
}

TEST(PortSet, AgreesWithAPlainSetOnRandomOperations) {
  std::mt19937 random(5);
  PortSet set;
  std::set<std::uint16_t> model;
  const auto any = [&] { return static_cast<std::uint16_t>(1 + random() % 700); };
  for (int step = 0; step < 20000; ++step) {
    const std::uint16_t number = any();
    if (random() % 3 != 0) {
      set.insert(Port(number));
      model.insert(number);
    } else {
      set.erase(Port(number));
      model.erase(number);
    }
    std::uint16_t first = any();
    std::uint16_t last = any();
    if (last < first) std::swap(first, last);
    const std::uint16_t from = static_cast<std::uint16_t>(first + random() % (last - first + 1U));
    std::optional<Port> expected;
    for (std::uint16_t candidate = from; candidate <= last && !expected; ++candidate) {
      if (!model.contains(candidate)) expected = Port(candidate);
    }
    ASSERT_EQ(set.next_absent({Port(first), Port(last)}, Port(from)), expected);
    const auto inside = std::distance(model.lower_bound(first), model.upper_bound(last));
    ASSERT_EQ(set.count({Port(first), Port(last)}), static_cast<std::uint32_t>(inside));
  }
}

}  // namespace
}  // namespace portd::core
