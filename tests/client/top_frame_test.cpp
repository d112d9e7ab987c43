#include "client/top_frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/terminal_text.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using ::testing::ElementsAre;

TopSnapshot snapshot_of(int leases) {
  TopSnapshot snapshot;
  snapshot.version = "0.6.0";
  snapshot.health = "ok";
  snapshot.project = "default";
  snapshot.alerts = 1;
  for (int i = 0; i < leases; ++i) {
    snapshot.leases.push_back(lease_of("web" + std::to_string(i), static_cast<std::uint16_t>(20000 + i)));
  }
  return snapshot;
}

TEST(TopFrame, HasAHeaderTheKeysAndATable) {
  TopSnapshot snapshot = snapshot_of(2);
  snapshot.leases[0].state = LeaseState::listening;
  snapshot.leases[0].holder = Holder{{"", 7, 1}, "flask run", "/", {}};
  EXPECT_THAT(top_frame(snapshot, {}, {}, "q quit", false),
              ElementsAre("portd 0.6.0 ok | 1 alert | 2 leases: 1 listening, 1 reserved | 0 services | 0 foreign",
                          "q quit",  //
                          "SERVICE  INSTANCE  PORT   STATE      STATUS  LATENCY  PID  COMMAND",
                          "web0     main      20000  listening  -       -        7    flask run",
                          "web1     main      20001  reserved   -       -        -    -"));
}

TEST(TopFrame, FitsIntoTheTerminal) {
  TopSnapshot snapshot = snapshot_of(30);
  snapshot.leases[5].holder = Holder{{"", 7, 1}, std::string(300, 'x') + "\x1b[2J", "/", {}};
  snapshot.leases[6].holder = Holder{{"", 7, 1}, "端口端口端口端口端口端口端口端口端口端口", "/", {}};
  for (const std::size_t columns : {1U, 7U, 20U, 40U, 79U}) {
    for (const std::size_t lines : {1U, 2U, 3U, 4U, 24U}) {
      const auto frame = top_frame(snapshot, {TopOrder::name, true, 3}, {columns, lines}, "q quit", false);
      EXPECT_LE(frame.size(), lines);
      for (const std::string& line : frame) EXPECT_LE(width_of(line), columns) << line;
    }
  }
}

TEST(TopFrame, ANarrowScreenCutsNoAlertsOff) {
  TopSnapshot snapshot = snapshot_of(300);
  for (std::size_t i = 0; i < 200; ++i)
    snapshot.leases[i].state = i < 100 ? LeaseState::contested : LeaseState::listening;
  snapshot.services.resize(100);
  snapshot.alerts = 12;
  EXPECT_TRUE(
      top_frame(snapshot, {}, {80, 24}, "", false).front().starts_with("portd 0.6.0 ok | 12 alerts | 300 leases"));
}

TEST(TopFrame, ShowsTheRowsThatAreScrolledTo) {
  const auto frame = top_frame(snapshot_of(10), {TopOrder::port, false, 4}, {80, 5}, "q quit", false);
  ASSERT_EQ(frame.size(), 5U);
  EXPECT_TRUE(frame[3].starts_with("web4 ")) << frame[3];
  EXPECT_TRUE(frame[4].starts_with("web5 ")) << frame[4];
}

TEST(TopFrame, EscapesWhatCameFromElsewhere) {
  TopSnapshot snapshot = snapshot_of(1);
  snapshot.version = "\x1b[2J";
  snapshot.leases[0].holder = Holder{{"", 7, 1}, "evil\x1b[2J\nx", "/", {}};
  for (const std::string& line : top_frame(snapshot, {}, {}, "\x1b[2J", false)) {
    EXPECT_EQ(line.find_first_of("\x1b\n"), std::string::npos) << line;
  }
}

TEST(TopFrame, ColoursStatesAndStatuses) {
  TopSnapshot snapshot = snapshot_of(1);
  snapshot.leases[0].state = LeaseState::contested;
  EXPECT_NE(top_frame(snapshot, {}, {80, 24}, "", true).back().find("\x1b[31mcontested\x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace portd::client
