#include "common/printable.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

TEST(Printable, WhatIsQuotedCannotEndItsQuotes) {
  EXPECT_EQ(log_value("plain text"), "\"plain text\"");
  EXPECT_EQ(log_value("a\" level=error b"), R"("a\" level=error b")");
  EXPECT_EQ(log_value("one\ntwo\x1b[0m"), R"("one\x0atwo\x1b[0m")");
}

TEST(Printable, ABackslashInFrontOfAQuoteDoesNotFreeIt) { EXPECT_EQ(log_value("a\\\""), R"("a\\\"")"); }

TEST(Printable, WhatSteersATerminalIsAQuestionMark) {
  EXPECT_EQ(without_controls("node\t\x1b[31mserver\x7f"), "node??[31mserver?");
  EXPECT_EQ(without_controls("ev\u009b31mil\u202e"), "ev?31mil?");
  EXPECT_EQ(without_controls("caf\xe9 caf\u00e9"), "caf? caf\u00e9");
}

}  // namespace
}  // namespace portd
