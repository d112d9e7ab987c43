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

}  // namespace
}  // namespace portd
