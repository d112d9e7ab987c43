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

TEST(Nearest, IsTheKnownWordAtTheLeastDistance) {
  constexpr std::array<std::string_view, 3> alike{"port", "ports", "sport"};
  EXPECT_EQ(nearest("ports", alike), "ports");
  EXPECT_EQ(nearest("prt", alike), "port");
  EXPECT_EQ(nearest("PORT", alike), "");
}

TEST(Nearest, TwoLettersSwappedAreOneMistake) {
  constexpr std::array<std::string_view, 2> others{"web", "show"};
  EXPECT_EQ(nearest("wbe", others), "web");
  EXPECT_EQ(nearest("shwo", others), "show");
  EXPECT_EQ(nearest("hsow", others), "show");
  EXPECT_EQ(nearest("bwe", others), "");
}

TEST(Nearest, OfTwoAtOneDistanceItIsTheFirst) {
  constexpr std::array<std::string_view, 2> alike{"cat", "car"};
  EXPECT_EQ(nearest("cab", alike), "cat");
}

TEST(Nearest, IsEmptyWhereNothingIsNear) {
  EXPECT_EQ(nearest("colour", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest("service", {}), "");
  EXPECT_EQ(nearest(std::string(65, 'p'), words), "");
}

}  // namespace
}  // namespace portd
