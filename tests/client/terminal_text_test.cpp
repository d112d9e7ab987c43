#include "client/terminal_text.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

TEST(TerminalText, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(escaped("flask run --port 1"), "flask run --port 1");
  EXPECT_EQ(escaped("größe 日本 🙂"), "größe 日本 🙂");
}

TEST(TerminalText, EscapesWhatSteersATerminal) {
  EXPECT_EQ(escaped("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(escaped("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
  EXPECT_EQ(escaped("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(escaped("\xe2\x80\xae"
                    "txt"),
            "\\u202etxt");
}

TEST(TerminalText, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(escaped("a\xff"), "a\\xff");
  EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escaped("\xe6\x97"), "\\xe6\\x97");
}

TEST(TerminalText, CountsCellsNotBytes) {
  EXPECT_EQ(width_of("größe"), 5U);
  EXPECT_EQ(width_of("日本"), 4U);
  EXPECT_EQ(width_of("e\xcc\x81"), 1U);
}

}  // namespace
}  // namespace portd::client
