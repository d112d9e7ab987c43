#include "client/moment.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace portd::client {
namespace {

using namespace std::chrono_literals;

const TimePoint now_here = parse_rfc3339("2026-11-24T13:30:00Z").value();

// A test of local time has one.
class MomentTest : public ::testing::Test {
 protected:
  MomentTest() { zone("CET-1"); }
  ~MomentTest() override { zone("UTC0"); }
  static void zone(const char* posix) {
    ::setenv("TZ", posix, 1);
    ::tzset();
  }
  static std::string read(const char* text) {
    const auto moment = parse_moment(text, "--at", now_here);
    return moment ? to_rfc3339(*moment) : moment.error().detail;
  }
};

TEST_F(MomentTest, ADurationIsThatLongAgo) { EXPECT_EQ(read("2h"), "2026-11-24T11:30:00.000Z"); }

TEST_F(MomentTest, Rfc3339IsItself) { EXPECT_EQ(read("2026-11-24T13:02:00Z"), "2026-11-24T13:02:00.000Z"); }

TEST_F(MomentTest, Rfc3339MayHaveAnOffset) { EXPECT_EQ(read("2026-11-24T14:02:00+01:00"), "2026-11-24T13:02:00.000Z"); }

TEST_F(MomentTest, ATimeOfDayIsTheLastOne) {
  EXPECT_EQ(read("14:02"), "2026-11-24T13:02:00.000Z");
  EXPECT_EQ(read("14:02:30"), "2026-11-24T13:02:30.000Z");
  EXPECT_EQ(read("14:30"), "2026-11-24T13:30:00.000Z");
  EXPECT_EQ(read("14:31"), "2026-11-23T13:31:00.000Z");
}

TEST_F(MomentTest, ADateIsLocal) {
  EXPECT_EQ(read("2026-11-24 14:02"), "2026-11-24T13:02:00.000Z");
  EXPECT_EQ(read("2026-11-24T14:02:05"), "2026-11-24T13:02:05.000Z");
  EXPECT_EQ(read("2026-11-24"), "2026-11-23T23:00:00.000Z");
}

TEST_F(MomentTest, WhatIsNoMomentIsAUsageErrorWithExamples) {
  for (const char* text : {"", "yesterday", "25:00", "14:02 ", "2026-13-01", "-2h", "14", "2026-04-31", "2026-02-29",
                           "2026-11-24 13:59:60", "13:59:60", "2026-02-30T00:00:00Z"}) {
    const auto moment = parse_moment(text, "--at", now_here);
    ASSERT_FALSE(moment) << text;
    EXPECT_EQ(moment.error().exit, Exit::usage);
    EXPECT_NE(moment.error().detail.find("--at is how long ago it was, such as 2h"), std::string::npos);
  }
}

TEST_F(MomentTest, IsShownInLocalTime) {
  EXPECT_EQ(local_time("2026-11-24T13:02:05.678Z"), "2026-11-24 14:02:05");
  EXPECT_EQ(local_time("soon"), "soon");
}

}  // namespace
}  // namespace portd::client
