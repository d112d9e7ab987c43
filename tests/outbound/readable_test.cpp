#include "daemon/outbound/readable.hpp"

#include <gtest/gtest.h>

namespace portd::outbound {
namespace {

TEST(Readable, OneLineHasNoControlsAndNoDoubleSpaces) {
  EXPECT_EQ(one_line("  a\r\n\tb \x01\x7f c  ", 99), "a b c");
  EXPECT_EQ(one_line("", 99), "");
  EXPECT_EQ(one_line(" \n ", 99), "");
}

TEST(Readable, WhatIsNoUtf8IsAQuestionMark) {
  EXPECT_EQ(one_line("gr\xc3\xbc\xc3\x9f"
                     "e \xe2\x82\xac \xf0\x9f\x9a\xa2",
                     99),
            "gr\xc3\xbc\xc3\x9f"
            "e \xe2\x82\xac \xf0\x9f\x9a\xa2");
  EXPECT_EQ(one_line("a\xff"
                     "b\xc3",
                     99),
            "a?b?");
  EXPECT_EQ(one_line("\xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80", 99), "?? ??? ????");
}

TEST(Readable, IsCutInFrontOfACharacter) {
  EXPECT_EQ(one_line("abcdef", 4), "abcd...");
  EXPECT_EQ(one_line("abc\xe2\x82\xac", 4), "abc...");
  EXPECT_EQ(one_line("abcd   ", 4), "abcd");
}

TEST(Readable, LinesKeepTheirEndsAndLoseTheirColours) {
  EXPECT_EQ(lines("\n\x1b[1;31mfailed\x1b[0m  \r\n\n  twice\n", 99), "failed\ntwice");
  EXPECT_EQ(lines("cut \x1b[31", 99), "cut");
}

TEST(Readable, QuotedShowsEveryByte) {
  EXPECT_EQ(quoted_bytes(std::string_view("\x16\x03\x00 \"\\\r\n", 8)), "\"\\x16\\x03\\x00 \\x22\\x5c\\r\\n\"");
  EXPECT_EQ(quoted_bytes(std::string(50, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

TEST(Readable, TheGistOfAPageIsItsTitleOrItsText) {
  EXPECT_EQ(gist("<html><head><title lang=en>\n Bad gateway </title></head><body>x", 99), "Bad gateway");
  EXPECT_EQ(gist("<h1>Not&nbsp;Found</h1><p>no such page", 99), "Not&nbsp;Found no such page");
  EXPECT_EQ(gist("a < b", 99), "a < b");
  EXPECT_EQ(gist("<title>unfinished", 99), "unfinished");
}

}  // namespace
}  // namespace portd::outbound
