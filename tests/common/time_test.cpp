#include "common/time.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

using namespace std::chrono;

const TimePoint moment = sys_days(year(2026) / 11 / 24) + 3h + 4min + 5s + 678ms;

TEST(Time, IsWrittenAsRfc3339InUtc) { EXPECT_EQ(to_rfc3339(moment), "2026-11-24T03:04:05.678Z"); }

TEST(Time, BeforeTheEpochIsWrittenWithPositiveParts) {
  EXPECT_EQ(to_rfc3339(TimePoint(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(Time, IsReadBackAsItWasWritten) { EXPECT_EQ(parse_rfc3339(to_rfc3339(moment)).value(), moment); }

TEST(Time, IsReadWithoutAndWithLongerFractions) {
  EXPECT_EQ(parse_rfc3339("2026-11-24T03:04:05Z").value(), moment - 678ms);
  EXPECT_EQ(parse_rfc3339("2026-11-24T03:04:05.6789Z").value(), moment);
  EXPECT_EQ(parse_rfc3339("2026-11-24T03:04:05.6Z").value(), moment - 78ms);
  EXPECT_EQ(parse_rfc3339("2026-11-24T05:04:05.678+02:00").value(), moment);
  EXPECT_EQ(parse_rfc3339("2026-11-23T17:34:05.678-09:30").value(), moment);
}

TEST(Time, RefusesWhatIsNoMoment) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T03:04:05", "2026-02-30T03:04:05Z", "2026-11-24T24:00:00Z", "2026-11-24 03:04:05Z",
        "2026-11-24T03:04:05.Z", "2026-11-24T03:04:05+24:00", "2026-11-24T03:04:05+0100", "2026-11-24T03:04:05+01:60",
        "2026-1x-24T03:04:05Z", "2026-11-24T03:04:05.6789012345Z"}) {
    EXPECT_EQ(parse_rfc3339(text).error().problem, Problem::invalid_value) << text;
  }
}

TEST(Duration, IsWrittenInTheLargestUnitThatDivides) {
  EXPECT_EQ(to_text(250ms), "250ms");
  EXPECT_EQ(to_text(30s), "30s");
  EXPECT_EQ(to_text(90s), "90s");
  EXPECT_EQ(to_text(5min), "5m");
  EXPECT_EQ(to_text(2h), "2h");
  EXPECT_EQ(to_text(90 * 24h), "90d");
  EXPECT_EQ(to_text(0ms), "0s");
}

TEST(Duration, IsReadBackAsItWasWritten) {
  for (const Millis duration : {0ms, 1ms, 250ms, Millis(30s), Millis(5min), Millis(2h), Millis(3650 * 24h)}) {
    EXPECT_EQ(parse_duration(to_text(duration)).value(), duration);
  }
}

TEST(Duration, RefusesWhatHasNoUnitOrIsTooLong) {
  for (const char* text : {"", "30", "s", "-1s", "1.5s", "30 s", "30S", "1w", "3651d", "9223372036854775807d", "1s2"}) {
    EXPECT_EQ(parse_duration(text).error().problem, Problem::invalid_value) << text;
  }
}

}  // namespace
}  // namespace portd
