#include "common/wording.hpp"

#include <gtest/gtest.h>

#include <array>

namespace portd {
namespace {

constexpr std::array<std::string_view, 3> words{"service", "strategy", "port"};

TEST(InQuotes, CutsWhatIsLongAndMasksControlCharacters) {
  EXPECT_EQ(in_quotes("shop"), "\"shop\"");
  EXPECT_EQ(in_quotes("a\x1b[2Jb\n"), "\"a?[2Jb?\"");
  EXPECT_EQ(in_quotes(std::string(81, 'x')), "\"" + std::string(80, 'x') + "...\"");
}

TEST(DidYouMean, OffersTheNearestWord) {
  EXPECT_EQ(did_you_mean("sevice", words), "; did you mean \"service\"?");
  EXPECT_EQ(did_you_mean("ports", words), "; did you mean \"port\"?");
  EXPECT_EQ(did_you_mean("stratgey", words), "; did you mean \"strategy\"?");
}

TEST(DidYouMean, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("colour", words), "");
  EXPECT_EQ(did_you_mean("", words), "");
  EXPECT_EQ(did_you_mean(std::string(60'000, 'p'), words), "");
}

}  // namespace
}  // namespace portd
