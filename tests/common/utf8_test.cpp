#include "common/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portd {
namespace {

TEST(Utf8, ACharacterHasItsPointAndItsBytes) {
  EXPECT_EQ(first_character("a").point, 0x61U);
  EXPECT_EQ(first_character("\u00e9x").point, 0xe9U);
  EXPECT_EQ(first_character("\u00e9x").bytes, 2U);
  EXPECT_EQ(first_character("\u9805").bytes, 3U);
  EXPECT_EQ(first_character("\U0001f600").point, 0x1f600U);
}

TEST(Utf8, WhatIsNoneIsFoundAtItsByte) {
  EXPECT_EQ(invalid_utf8(""), std::nullopt);
  EXPECT_EQ(invalid_utf8("caf\u00e9 \U0001f600"), std::nullopt);
  for (const std::string wrong : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                  "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_EQ(invalid_utf8("ab" + wrong), 2U) << wrong.size();
  }
}

}  // namespace
}  // namespace portd
