#include "common/port.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

TEST(Port, TakesNumbersFrom1To65535) {
  EXPECT_EQ(Port::checked(1).value(), Port(1));
  EXPECT_EQ(Port::checked(65535).value(), Port(65535));
  EXPECT_EQ(Port::parse("8080").value(), Port(8080));
}

TEST(Port, RefusesOtherNumbersAndSaysWhatAPortIs) {
  EXPECT_EQ(Port::checked(0).error().problem, Problem::invalid_value);
  EXPECT_EQ(Port::checked(65536).error().detail, "\"65536\" is not a port; a port is a whole number from 1 to 65535");
  EXPECT_EQ(Port::checked(-1).error().problem, Problem::invalid_value);
}

TEST(Port, RefusesTextThatIsNotOnlyANumber) {
  for (const char* text : {"", "0", "65536", "+80", "-80", " 80", "80 ", "80a", "0x50", "8e1"}) {
    EXPECT_FALSE(Port::parse(text)) << text;
  }
}

TEST(PortRange, IsReadAsTwoPortsOrOne) {
  EXPECT_EQ(PortRange::parse("20000-29999").value(), (PortRange{Port(20000), Port(29999)}));
  EXPECT_EQ(PortRange::parse("25565").value(), (PortRange{Port(25565), Port(25565)}));
}

TEST(PortRange, CountsBothEnds) {
  const PortRange range{Port(20000), Port(20009)};
  EXPECT_EQ(range.size(), 10U);
  EXPECT_TRUE(range.contains(Port(20000)));
  EXPECT_TRUE(range.contains(Port(20009)));
  EXPECT_FALSE(range.contains(Port(20010)));
  EXPECT_EQ(range.text(), "20000-20009");
}

TEST(PortRange, RefusesAnEndBeforeItsBeginning) {
  EXPECT_NE(PortRange::parse("300-200").error().detail.find("lower port first"), std::string::npos);
}

TEST(PortRange, RefusesWhatIsNoRange) {
  for (const char* text : {"", "-", "1-", "-1", "1-2-3", "1 - 2", "0-5"}) EXPECT_FALSE(PortRange::parse(text)) << text;
}

}  // namespace
}  // namespace portd
