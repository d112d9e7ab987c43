#include "config/mistake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const Source> source(std::string name, std::string content) {
  return std::make_shared<const Source>(Source{std::move(name), std::move(content)});
}

TEST(Mistake, IsToldWithItsLineAndACaretUnderEachCharacter) {
  const Mistake mistake{.source = source("portd.yaml", "a: 1\n  größe: nxt # c\n"),
                        .place = {2, 10},
                        .width = 3,
                        .key = "ports.strategy",
                        .message = "must be one of hash, next, random",
                        .fix = Fix{"write \"next\"", {}}};
  EXPECT_EQ(describe(mistake),
            "portd.yaml:2:10: error: ports.strategy must be one of hash, next, random\n"
            "  2 |   größe: nxt # c\n"
            "    |          ^^^\n"
            "  fix: write \"next\"");
}

TEST(Mistake, WithoutALineIsToldInOne) {
  EXPECT_EQ(describe({.source = source("PORTD_CFG_API__PORT", "x"), .key = "api.port", .message = "is wrong"}),
            "PORTD_CFG_API__PORT: error: api.port is wrong");
  EXPECT_EQ(describe({.message = "is odd", .severity = Mistake::Severity::warning}), "built-in: warning: is odd");
}

TEST(Mistake, LetsNoControlCharacterReachATerminal) {
  const std::string text = describe({.source = source("f", "a: \x1b[31m\x7f\t1"), .place = {1, 4}, .message = "no"});
  EXPECT_THAT(text, HasSubstr("a:  [31m  1"));
  EXPECT_EQ(describe({.key = "a\x1b[31m", .message = "b\n\x7f", .fix = Fix{"write \x1b", {}}}),
            "built-in: error: a [31m b  \n  fix: write  ");
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Mistake, CutsALongLineAndItsCarets) {
  const std::string text =
      describe({.source = source("f", std::string(5000, 'x')), .place = {1, 150}, .width = 4000, .message = "no"});
  EXPECT_LT(text.size(), 400U);
  EXPECT_TRUE(text.ends_with(" " + std::string(11, '^')));
  EXPECT_EQ(describe({.source = source("f", std::string(5000, 'x')), .place = {1, 4000}, .message = "no"}),
            "f:1:4000: error: no");
}

TEST(Mistake, IsJsonWithItsFix) {
  const Mistake mistake{.source = source("f", "a: 1\n"),
                        .place = {1, 1},
                        .key = "a",
                        .message = "is no key",
                        .fix = Fix{"remove it", {TextEdit{{1, 1}, {2, 1}, ""}}},
                        .severity = Mistake::Severity::warning};
  EXPECT_EQ(to_json(mistake), Json::parse(R"({"file": "f", "line": 1, "column": 1, "severity": "warning", "key": "a",
    "message": "is no key", "fix": {"title": "remove it", "removes": false,
    "edits": [{"line": 1, "column": 1, "end_line": 2, "end_column": 1, "text": ""}]}})"));
}

TEST(Mistake, IsJsonWithoutAFixAndWithoutAFile) {
  EXPECT_EQ(to_json({.message = "no"}), Json::parse(R"({"file": "", "line": 0, "column": 0, "severity": "error",
    "key": "", "message": "no", "fix": null})"));
}

TEST(Mistakes, AreErrorsUnlessAllAreWarnings) {
  const Mistake warning{.message = "w", .severity = Mistake::Severity::warning};
  EXPECT_FALSE(has_errors({}));
  EXPECT_FALSE(has_errors({warning}));
  EXPECT_TRUE(has_errors({warning, {.message = "e"}}));
}

TEST(Mistakes, AreSortedByFileThenByPlace) {
  const auto a = source("a", ""), b = source("b", "");
  std::vector<Mistake> mistakes{{.source = b, .place = {1, 1}, .message = "4"},
                                {.source = a, .place = {2, 1}, .message = "3"},
                                {.source = a, .place = {1, 5}, .message = "2"},
                                {.message = "1"}};
  sort_by_place(mistakes);
  std::vector<std::string> order;
  for (const Mistake& each : mistakes) order.push_back(each.message);
  EXPECT_THAT(order, ElementsAre("1", "2", "3", "4"));
}

}  // namespace
}  // namespace portd::config
