// An hour by the script: the rules decide, the recorder hears, the history answers. The clock is the test's.
#include <gmock/gmock.h>

#include "daemon/core/recorder.hpp"
#include "daemon/store/history.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/lease_world.hpp"

namespace portd::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HistoryHour : public ::testing::Test {
 protected:
  HistoryHour()
      : folder_(new_folder()),
        history_({.file = folder_ / "history.db", .post = [this](auto task) { queue_.post(std::move(task)); }}) {
    world_.journal.attach(listeners_);
    begin_ = world_.clock.now().wall;
    recorder_.begin(world_.clock.now());
  }
  ~HistoryHour() override {
    history_.stop();
    std::filesystem::remove_all(folder_);
  }

  static std::filesystem::path new_folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "portd-history-XXXXXX";
    return ::mkdtemp(pattern.data());
  }

  // Goes on to that minute of the hour, looking every half a second as the daemon does.
  void until_minute(int minute) {
    while (world_.clock.now().wall < at_minute(minute)) {
      world_.clock.advance(500ms);
      recorder_.look(world_.clock.now());
    }
  }
  TimePoint at_minute(int minute) const { return begin_ + std::chrono::minutes(minute); }

  static Listener listener(std::uint16_t port, pid_t pid, const std::string& command) {
    Listener listener{Protocol::tcp, "127.0.0.1", Port(port), std::uint64_t{1000} + static_cast<unsigned>(pid),
                      1000,          "me"};
    listener.process = Holder{{"boot", pid, 1}, command, "/srv", {}};
    return listener;
  }
  void appears(const Listener& one) { recorder_.appeared(one, world_.clock.now().wall); }
  void vanishes(const Listener& one) { recorder_.vanished(one, world_.clock.now().wall); }
  Lease grant(const std::string& service, std::uint16_t port) {
    return world_.granted(LeaseWorld::ask_port(service, port, OnConflict::next));
  }

  // "shop", or "pid 42 postgres" of who was nobody's lease; of everybody who had the port at that moment.
  std::vector<std::string> who_had(std::uint16_t port, TimePoint moment) {
    core::HistoryQuery query;
    query.port = Port(port);
    query.since = query.until = moment;
    std::vector<std::string> names;
    std::optional<Result<core::HistoryPage>> answer;
    history_.find(query, [&](Result<core::HistoryPage> page) { answer = std::move(page); });
    queue_.run_until([&] { return answer.has_value(); });
    for (const core::HistoryEntry& entry : (*answer)->entries) {
      const bool foreign = entry.what == core::Possession::listener;
      names.push_back(foreign ? "pid " + std::to_string(*entry.pid) + " " + entry.command : entry.key->text());
    }
    return names;
  }

  std::filesystem::path folder_;
  PostQueue queue_;
  LeaseWorld world_;
  store::History history_;
  core::Recorder recorder_{history_, world_.leases, world_.processes, 1000, [this] { return world_.clock.now(); }};
  core::JournalListeners listeners_{&world_.leases, &recorder_};
  TimePoint begin_{};
};

TEST_F(HistoryHour, FiveQuestionsAreAnsweredExactly) {
  const Listener postgres = listener(5432, 42, "postgres");
  const Listener redis = listener(5432, 77, "redis-server");

  until_minute(5);
  grant("shop", 20001);
  until_minute(10);
  appears(postgres);
  until_minute(20);
  grant("shop", 20002);  // moves
  until_minute(30);
  vanishes(postgres);
  appears(redis);
  until_minute(40);
  grant("api", 20001);
  until_minute(50);
  world_.release(Port(20001));
  until_minute(60);

  EXPECT_THAT(who_had(20001, at_minute(20) - 1ms), ElementsAre("shop"));
  EXPECT_THAT(who_had(20001, at_minute(30)), IsEmpty());
  EXPECT_THAT(who_had(20002, at_minute(60)), ElementsAre("shop"));
  EXPECT_THAT(who_had(5432, at_minute(30) - 1ms), ElementsAre("pid 42 postgres"));  // nobody ever leased it
  EXPECT_THAT(who_had(5432, at_minute(30)), ElementsAre("pid 77 redis-server"));
  EXPECT_THAT(who_had(20001, at_minute(40)), ElementsAre("api"));
  EXPECT_THAT(who_had(20001, at_minute(50)), IsEmpty());
}

TEST_F(HistoryHour, TheHourIsCounted) {
  until_minute(5);
  grant("shop", 20001);
  until_minute(20);
  grant("shop", 20002);
  grant("api", 20001);
  until_minute(50);
  world_.release(Port(20001));
  until_minute(60);

  std::optional<Result<core::Statistics>> answer;
  recorder_.hand_over(world_.clock.now());
  history_.sum({begin_, 1h}, [&](Result<core::Statistics> sums) { answer = std::move(sums); });
  queue_.run_until([&] { return answer.has_value(); });
  const core::Statistics sums = answer->value();
  EXPECT_EQ(sums.changes, (core::ChangeCounts{2, 1, 0, 1, 0}));
  std::vector<std::uint64_t> leased;
  for (const core::OccupancyPoint& point : sums.occupancy) {
    if (leased.empty() || leased.back() != point.ports.leased) leased.push_back(point.ports.leased);
  }
  EXPECT_THAT(leased, ElementsAre(0, 1, 2, 1));
}

}  // namespace
}  // namespace portd::test
