#include "common/json.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

std::string nested(int depth, char open, char close) {
  return std::string(static_cast<std::size_t>(depth), open) + std::string(static_cast<std::size_t>(depth), close);
}

TEST(Json, KeepsTheOrderOfTheFields) {
  EXPECT_EQ(dump_json(*parse_json(R"({"b": 1, "a": [true, null]})")), R"({"b":1,"a":[true,null]})");
}

TEST(Json, Takes32LevelsAndRefuses33) {
  EXPECT_TRUE(parse_json(nested(32, '[', ']')));
  const auto refused = parse_json(nested(33, '[', ']'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::invalid_request);
  EXPECT_NE(refused.error().detail.find("line 1, column 33: more than 32 levels"), std::string::npos);
}

TEST(Json, CountsObjectsAsLevelsToo) {
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += R"({"a":)";
  EXPECT_TRUE(parse_json(deep + "1" + std::string(32, '}')));
  EXPECT_FALSE(parse_json(deep + "[]" + std::string(32, '}')));
}

TEST(Json, RefusesAMillionLevelsAtTheThirtyThird) { EXPECT_FALSE(parse_json(std::string(1'000'000, '['))); }

TEST(Json, RefusesARepeatedNameOfOneObject) {
  const auto refused = parse_json("{\"a\": 1,\n \"a\": 2}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "not valid JSON at line 2, column 4: the name \"a\" is repeated; state it once");
}

TEST(Json, TakesTheSameNameInDifferentObjects) {
  EXPECT_TRUE(parse_json(R"({"a": {"a": [{"a": 1}, {"a": 2}]}, "b": {"a": 3}})"));
  EXPECT_FALSE(parse_json(R"({"a": {"b": 1}, "a": 2})"));
}

TEST(Json, NamesLineAndColumnOfASyntaxError) {
  const auto refused = parse_json("{\n  \"service\": shop\n}");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("line 2, column 14"), std::string::npos) << refused.error().detail;
}

TEST(Json, RefusesWhatIsNotOneDocumentOfUtf8) {
  for (const std::string text : {"", " ", "{", "[1,]", "{} {}", "NaN", "'a'", "\"\xff\"", "\"a", "1e999", "// c\n1"}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
  EXPECT_FALSE(parse_json(std::string_view("{}\0", 3)));
}

TEST(Json, RefusalsDoNotRepeatALongInput) {
  EXPECT_LT(parse_json("[\"" + std::string(60'000, 'x')).error().detail.size(), 300U);
}

TEST(Json, InvalidUtf8IsReplacedInWhatIsWritten) { EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xef\xbf\xbd\""); }

}  // namespace
}  // namespace portd
