#include "client/key_press.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portd::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(KeyPresses, LettersAndArrowsMayComeTogether) {
  EXPECT_THAT(key_presses_of("j\x1b[B\x1bOAks"),
              ElementsAre(KeyPress::down, KeyPress::down, KeyPress::up, KeyPress::up, KeyPress::sort));
  EXPECT_THAT(key_presses_of("\x1b[5~\x1b[6~ gGaq"),
              ElementsAre(KeyPress::page_up, KeyPress::page_down, KeyPress::page_down, KeyPress::home, KeyPress::end,
                          KeyPress::all, KeyPress::quit));
}

TEST(KeyPresses, WhatIsUnknownIsPassedOverAsAWhole) {
  EXPECT_THAT(key_presses_of("x\x1b[15~\x1b[1;5q\x1b[200~\xc3\xa4"), IsEmpty());
  EXPECT_THAT(key_presses_of("\x1b[Dj"), ElementsAre(KeyPress::down));
  EXPECT_THAT(key_presses_of("\x1b"), IsEmpty());
  EXPECT_THAT(key_presses_of("\x1b["), IsEmpty());
}

}  // namespace
}  // namespace portd::client
