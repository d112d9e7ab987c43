#include "common/size.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

TEST(Size, IsReadBackAsItWasWritten) {
  for (const char* text : {"1KB", "999KB", "100MB", "2GB", "1000GB"}) {
    EXPECT_EQ(size_text(parse_size(text).value()), text);
  }
  EXPECT_EQ(parse_size("100MB").value(), 100'000'000U);
}

TEST(Size, IsWrittenInWholeKilobytesAtLeast) {
  EXPECT_EQ(size_text(1'500'000), "1500KB");
  EXPECT_EQ(size_text(1), "1KB");
}

TEST(Size, RefusesWhatHasNoUnitOrIsTooLarge) {
  for (const char* text :
       {"", "100", "MB", "-1MB", "1.5MB", "1 MB", "1mb", "1MiB", "1001GB", "99999999999999999999GB"}) {
    EXPECT_EQ(parse_size(text).error().problem, Problem::invalid_value) << text;
  }
}

}  // namespace
}  // namespace portd
