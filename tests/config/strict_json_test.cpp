#include "config/strict_json.hpp"

#include <gtest/gtest.h>

namespace portd::config {
namespace {

TEST(StrictJson, TellsTheByteAtWhichItStopsBeingJson) {
  EXPECT_EQ(invalid_json(R"({"a": [1, "x", null]})"), std::nullopt);
  EXPECT_EQ(invalid_json(R"({"a": 1,})"), 8U);
  EXPECT_EQ(invalid_json("{'a': 1}"), 1U);
  EXPECT_TRUE(invalid_json(""));
  EXPECT_TRUE(invalid_json(std::string(100'000, '[')));
}

TEST(StrictJson, SurrogatesBecomeOneEscapeAndWhatFollowsKeepsItsPlace) {
  EXPECT_EQ(without_surrogates(R"({"\ud83d\ude00": 1})"), R"({"\U0001f600"  : 1})");
  EXPECT_EQ(without_surrogates(R"(["\\ud83d", "\u00e9"])"), R"(["\\ud83d", "\u00e9"])");
}

}  // namespace
}  // namespace portd::config
