#include "config/source_text.hpp"

#include <gtest/gtest.h>

#include "config/document.hpp"

namespace portd::config {
namespace {

TEST(SourceText, HasLinesWithoutTheirEnds) {
  EXPECT_EQ(line_of("a\r\nb\n\nc", 1), "a");
  EXPECT_EQ(line_of("a\r\nb\n\nc", 2), "b");
  EXPECT_EQ(line_of("a\r\nb\n\nc", 3), "");
  EXPECT_EQ(line_of("a\r\nb\n\nc", 4), "c");
  EXPECT_EQ(line_of("a\n", 9), "");
}

TEST(SourceText, CountsColumnsInCharacters) {
  const std::string content = "größe: 1\n日: 2\n";
  EXPECT_EQ(offset_of(content, {1, 8}), content.find('1'));
  EXPECT_EQ(offset_of(content, {2, 4}), content.find('2'));
  EXPECT_EQ(place_at(content, content.find('1')), (Place{1, 8}));
  EXPECT_EQ(place_at(content, content.find('2')), (Place{2, 4}));
  EXPECT_EQ(place_at(content, content.size()), (Place{3, 1}));
}

TEST(SourceText, HasNoColumnForAByteOrderMark) {
  EXPECT_EQ(offset_of("\xEF\xBB\xBF"
                      "a: 1",
                      {1, 4}),
            6U);
  EXPECT_EQ(place_at("\xEF\xBB\xBF"
                     "a: 1",
                     6),
            (Place{1, 4}));
}

TEST(SourceText, StopsAtTheEndOfTheLineAndOfTheText) {
  EXPECT_EQ(offset_of("ab\ncd", {1, 99}), 2U);
  EXPECT_EQ(offset_of("ab\ncd", {2, 99}), 5U);
  EXPECT_EQ(offset_of("ab\ncd", {9, 1}), 5U);
}

TEST(SourceText, FindsTheBoundsOfALine) {
  const std::string_view content = "ab\r\ncd\nef";
  EXPECT_EQ(line_begin(content, 5), 4U);
  EXPECT_EQ(line_end(content, 0), 2U);
  EXPECT_EQ(line_end(content, 2), 2U);
  EXPECT_EQ(line_end(content, 4), 6U);
  EXPECT_EQ(line_end(content, 8), 9U);
  EXPECT_EQ(next_line(content, 1), 4U);
  EXPECT_EQ(next_line(content, 7), 9U);
  EXPECT_EQ(line_begin("\xEF\xBB\xBFx", 3), 3U);
}

TEST(SourceText, FindsTheClosingQuote) {
  EXPECT_EQ(after_quoted(R"("a\"b" c)", 0), 6U);
  EXPECT_EQ(after_quoted("x 'it''s' c", 2), 9U);
  EXPECT_EQ(after_quoted("'open", 0), 5U);
  EXPECT_EQ(after_quoted("\"open\\", 0), 6U);
}

TEST(SourceText, FindsTheEndsOfScalarsAndNames) {
  const std::string content = "plain: some words # c\n\"qu\\\"oted\": 'it''s'\nlong: \"a\n  b\"\n";
  const Document document = read_yaml("f", content);
  ASSERT_EQ(document.root.children.size(), 3U);
  const Value& plain = document.root.children[0];
  EXPECT_EQ(end_of_name(content, plain), (Place{1, 6}));
  EXPECT_EQ(end_of_scalar(content, plain), (Place{1, 18}));
  const Value& quoted = document.root.children[1];
  EXPECT_EQ(end_of_name(content, quoted), (Place{2, 11}));
  EXPECT_EQ(end_of_scalar(content, quoted), (Place{2, 20}));
  EXPECT_EQ(end_of_scalar(content, document.root.children[2]), (Place{4, 5}));
}

TEST(SourceText, AppliesEditsInTheOrderOfTheText) {
  EXPECT_EQ(apply("one two three", {{{1, 9}, {1, 14}, "3"}, {{1, 1}, {1, 4}, "1"}}), "1 two 3");
  EXPECT_EQ(apply("a\nb\n", {{{2, 1}, {3, 1}, ""}}), "a\n");
  EXPECT_EQ(apply("ä: ö", {{{1, 4}, {1, 5}, "ü"}}), "ä: ü");
  EXPECT_EQ(apply("a", {}), "a");
}

}  // namespace
}  // namespace portd::config
