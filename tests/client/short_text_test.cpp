#include "client/short_text.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

TEST(ShortText, AnAgeIsItsLargestWholeUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(age_text(6 * 24h + 23h), "6 days");
  EXPECT_EQ(age_text(24h), "1 day");
  EXPECT_EQ(age_text(119min), "1 hour");
  EXPECT_EQ(age_text(2min), "2 minutes");
  EXPECT_EQ(age_text(1500ms), "1 second");
  EXPECT_EQ(age_text(999ms), "a moment");
  EXPECT_EQ(age_text(-5h), "a moment");  // a clock that was set back
}

TEST(ShortText, AFolderUnderTheHomeIsShort) {
  EXPECT_EQ(short_folder("/home/ada/shop", "/home/ada"), "~/shop");
  EXPECT_EQ(short_folder("/home/ada", "/home/ada"), "~");
  EXPECT_EQ(short_folder("/home/adam", "/home/ada"), "/home/adam");
  EXPECT_EQ(short_folder("/srv", ""), "/srv");
}

TEST(ShortText, ALongCommandIsCutBetweenCharacters) {
  EXPECT_EQ(short_command("node server.js"), "node server.js");
  EXPECT_EQ(short_command(std::string(61, 'x')), std::string(60, 'x') + "...");
  EXPECT_EQ(short_command(std::string(59, 'x') + "\xc3\xa4y"), std::string(59, 'x') + "...");
}

TEST(ShortText, AProgramIsTheFirstWordWithoutItsFolder) {
  EXPECT_EQ(program_of("/usr/bin/node server.js"), "node");
  EXPECT_EQ(program_of("-bash"), "bash");
  EXPECT_EQ(program_of("postgres: checkpointer"), "postgres");
  EXPECT_EQ(program_of(""), "");
}

}  // namespace
}  // namespace portd::client
