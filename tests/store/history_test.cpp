// The history as the loop sees it: its own thread, its own file.
#include "daemon/store/history.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <fstream>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using namespace std::chrono_literals;
using core::Came;
using core::Census;
using core::HistoryEntry;
using core::HistoryPage;
using core::HistoryQuery;
using core::MinuteSample;
using core::Records;
using core::Went;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr TimePoint noon{Millis{1'790'000'040'000}};  // a whole minute

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "portd-history-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "history.db";
  }
  ~HistoryTest() override {
    history_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open(store::HistoryLimits limits = {}, bool enabled = true) {
    history_.reset();
    queue_.run_posted();
    history_ = std::make_unique<store::History>(
        store::History::Options{file_, enabled, limits, [this](auto function) { queue_.post(std::move(function)); }});
  }
  void give(core::Record record) {
    Records records;
    records.push_back(std::move(record));
    history_->take(std::move(records));
  }

  static Came lease_on(std::uint16_t port, const std::string& service, TimePoint from) {
    HistoryEntry entry{Port(port), Protocol::tcp, from};
    entry.key = Key{"default", service, "main", "http"};
    entry.lease = "7-" + std::to_string(port);
    entry.reason = "granted";
    return {"lease " + service + " " + std::to_string(port), entry};
  }
  static Came listener_on(std::uint16_t port, pid_t pid, TimePoint from) {
    HistoryEntry entry{Port(port), Protocol::tcp, from};
    entry.what = core::Possession::listener;
    entry.verdict = Verdict::foreign;
    entry.pid = pid;
    entry.command = "python -m http.server";
    entry.cwd = "/srv";
    entry.user = "me";
    entry.reason = "listening";
    return {"listener " + std::to_string(port) + " " + std::to_string(pid), entry};
  }
  static Went end_of(const Came& came, TimePoint at, const std::string& reason = "released") {
    return {came.identity, reason, at};
  }
  static MinuteSample heartbeat(TimePoint at) {
    MinuteSample sample;
    sample.minute = std::chrono::floor<std::chrono::minutes>(at);
    sample.at = at;
    return sample;
  }

  Result<HistoryPage> find(const HistoryQuery& query) {
    std::optional<Result<HistoryPage>> answer;
    history_->find(query, [&](Result<HistoryPage> page) { answer = std::move(page); });
    queue_.run_until([&] { return answer.has_value(); });
    return *answer;
  }
  Result<core::Statistics> sum(TimePoint since, Millis window) {
    std::optional<Result<core::Statistics>> answer;
    history_->sum({since, window}, [&](Result<core::Statistics> sums) { answer = std::move(sums); });
    queue_.run_until([&] { return answer.has_value(); });
    return *answer;
  }
  // "20001 shop 0s-60s released", counted from noon; "-" while it lasts.
  std::vector<std::string> told(const HistoryQuery& query = {}) {
    std::vector<std::string> list;
    const auto page = find(query);
    if (!page) return {page.error().detail};
    for (const HistoryEntry& entry : page->entries) {
      const std::string who = entry.key ? entry.key->service : std::to_string(entry.pid.value_or(0));
      const std::string until = entry.until ? to_text(Millis(*entry.until - noon)) : "";
      list.push_back(entry.port.text() + " " + who + " " + to_text(Millis(entry.from - noon)) + "-" + until + " " +
                     entry.reason);
    }
    return list;
  }
  static HistoryQuery at(TimePoint moment) {
    HistoryQuery query;
    query.since = query.until = moment;
    return query;
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
  PostQueue queue_;
  std::unique_ptr<store::History> history_;
};

TEST_F(HistoryTest, WhatWasHandedOverIsInTheAnswer) {
  open();
  const Came shop = lease_on(20001, "shop", noon);
  give(shop);
  give(listener_on(8000, 42, noon + 5s));
  give(end_of(shop, noon + 60s));
  EXPECT_THAT(told(), ElementsAre("8000 42 5s- listening", "20001 shop 0s-1m released"));
}

TEST_F(HistoryTest, EveryFieldIsReadBack) {
  open();
  Came shop = lease_on(20001, "shop", noon);
  shop.entry.pid = 42;
  shop.entry.command = "flask run";
  shop.entry.cwd = "/srv";
  give(shop);
  give(listener_on(8000, 43, noon + 1s));
  const HistoryPage page = find({}).value();
  ASSERT_EQ(page.entries.size(), 2U);
  const HistoryEntry& lease = page.entries[1];
  EXPECT_EQ(lease.key, shop.entry.key);
  EXPECT_EQ(lease.lease, "7-20001");
  EXPECT_EQ(lease.what, core::Possession::lease);
  EXPECT_FALSE(lease.verdict);
  EXPECT_EQ(lease.pid, 42);
  EXPECT_EQ(lease.command, "flask run");
  EXPECT_EQ(lease.cwd, "/srv");
  EXPECT_EQ(lease.user, "");
  const HistoryEntry& listener = page.entries[0];
  EXPECT_FALSE(listener.key);
  EXPECT_EQ(listener.what, core::Possession::listener);
  EXPECT_EQ(listener.verdict, Verdict::foreign);
  EXPECT_EQ(listener.user, "me");
}

TEST_F(HistoryTest, AnIntervalHoldsItsBeginningAndNotItsEnd) {
  open();
  const Came shop = lease_on(20001, "shop", noon);
  give(shop);
  give(end_of(shop, noon + 60s, "moved"));
  give(lease_on(20002, "shop", noon + 60s));
  EXPECT_THAT(told(at(noon - 1ms)), IsEmpty());
  EXPECT_THAT(told(at(noon)), ElementsAre("20001 shop 0s-1m moved"));
  EXPECT_THAT(told(at(noon + 60s - 1ms)), ElementsAre("20001 shop 0s-1m moved"));
  EXPECT_THAT(told(at(noon + 60s)), ElementsAre("20002 shop 1m- granted"));
}

TEST_F(HistoryTest, AFilterIsForPortServiceAndTime) {
  open();
  const Came shop = lease_on(20001, "shop", noon);
  give(shop);
  give(end_of(shop, noon + 10s));
  give(lease_on(20002, "api", noon + 20s));
  HistoryQuery by_port;
  by_port.port = Port(20001);
  EXPECT_THAT(told(by_port), ElementsAre("20001 shop 0s-10s released"));
  HistoryQuery by_service;
  by_service.service = "api";
  EXPECT_THAT(told(by_service), ElementsAre("20002 api 20s- granted"));
  by_service.project = "other";
  EXPECT_THAT(told(by_service), IsEmpty());
  HistoryQuery since;
  since.since = noon + 15s;
  EXPECT_THAT(told(since), ElementsAre("20002 api 20s- granted"));
  HistoryQuery until;
  until.until = noon + 15s;
  EXPECT_THAT(told(until), ElementsAre("20001 shop 0s-10s released"));
}

TEST_F(HistoryTest, AnAnswerIsBoundedAndSaysSo) {
  open();
  for (std::uint16_t port = 20001; port <= 20005; ++port) give(lease_on(port, "shop", noon + Millis(port)));
  HistoryQuery query;
  query.limit = 2;
  const HistoryPage page = find(query).value();
  ASSERT_EQ(page.entries.size(), 2U);
  EXPECT_EQ(page.entries[0].port, Port(20005));
  EXPECT_TRUE(page.truncated);
  query.limit = 5;
  EXPECT_FALSE(find(query)->truncated);
}

TEST_F(HistoryTest, WhatIsStillSoAfterARestartGoesOn) {
  const Came shop = lease_on(20001, "shop", noon);
  const Came python = listener_on(8000, 42, noon);
  open();
  give(Census{{shop}, noon});
  give(python);
  give(heartbeat(noon + 60s));
  history_->stop();
  open();
  give(Census{{shop}, noon + 1h});
  EXPECT_THAT(told(), ElementsAre("8000 42 0s-1m unseen", "20001 shop 0s- granted"));
  Came found_again = python;
  found_again.entry.from = noon + 1h;
  give(found_again);
  EXPECT_THAT(told(), ElementsAre("8000 42 0s- listening", "20001 shop 0s- granted"));
}

TEST_F(HistoryTest, WhatIsAnothersAfterARestartIsANewInterval) {
  const Came python = listener_on(8000, 42, noon);
  open();
  give(Census{{python}, noon});
  give(heartbeat(noon + 60s));
  Came adopted = python;
  adopted.entry.from = noon + 1h;
  adopted.entry.verdict = Verdict::listening;
  adopted.entry.lease = "7-8000";
  adopted.entry.key = Key{"default", "web", "main", "http"};
  give(Census{{adopted}, noon + 1h});
  EXPECT_THAT(told(), ElementsAre("8000 web 1h- listening", "8000 42 0s-1m unseen"));
}

TEST_F(HistoryTest, WhatIsOverAfterARestartEndedWhenPortdWasSeenLast) {
  const Came shop = lease_on(20001, "shop", noon);
  open();
  give(Census{{shop}, noon});
  give(listener_on(8000, 42, noon));
  give(heartbeat(noon + 60s));
  history_->stop();
  open();
  give(Census{{}, noon + 1h});
  give(listener_on(8000, 43, noon + 1h));
  EXPECT_THAT(told(), ElementsAre("8000 43 1h- listening", "8000 42 0s-1m unseen", "20001 shop 0s-1m unseen"));
}

TEST_F(HistoryTest, WhoComesBackLongAfterARestartIsANewInterval) {
  const Came python = listener_on(8000, 42, noon);
  open();
  give(python);
  give(heartbeat(noon + 60s));
  give(Census{{}, noon + 1h});
  give(heartbeat(noon + 1h + 2min));
  Came later = python;
  later.entry.from = noon + 2h;
  give(later);
  EXPECT_THAT(told(), ElementsAre("8000 42 2h- listening", "8000 42 0s-1m unseen"));
}

TEST_F(HistoryTest, TheChangesOfAnOlderPortdBecomeIntervals) {
  {
    SQLite::Database old(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec(
        "CREATE TABLE changes (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, revision TEXT NOT NULL, reason TEXT NOT "
        "NULL, port INTEGER NOT NULL, project TEXT NOT NULL, service TEXT NOT NULL, instance TEXT NOT NULL, role TEXT "
        "NOT NULL, pid INTEGER, command TEXT, cwd TEXT NOT NULL) STRICT;"
        "CREATE INDEX changes_of_port ON changes (port, at);"
        "CREATE INDEX changes_of_service ON changes (service, at);"
        "PRAGMA user_version = 1");
    SQLite::Statement insert(old,
                             "INSERT INTO changes (at, revision, reason, port, project, service, instance, role, cwd) "
                             "VALUES (?, '7-1', ?, ?, 'default', ?, 'main', 'http', '/srv')");
    const auto add = [&](TimePoint when, const char* reason, int port, const char* service) {
      insert.reset();
      insert.bind(1, std::int64_t{when.time_since_epoch().count()});
      insert.bind(2, reason);
      insert.bind(3, port);
      insert.bind(4, service);
      insert.exec();
    };
    add(noon, "granted", 20001, "shop");
    add(noon + 5s, "granted", 20009, "api");
    add(noon + 10s, "moved", 20002, "shop");
    add(noon + 20s, "released", 20002, "shop");
  }
  open();
  EXPECT_THAT(told(), ElementsAre("20002 shop 10s-20s released", "20009 api 5s-20s unseen", "20001 shop 0s-10s moved"));
}

TEST_F(HistoryTest, ADamagedHistoryIsMadeAnewAndAsksForEverybody) {
  std::ofstream(file_, std::ios::binary) << std::string(9000, 'x');
  open();
  give(lease_on(20001, "shop", noon));
  EXPECT_THAT(told(), ElementsAre("20001 shop 0s- granted"));
  EXPECT_EQ(history_->trouble(), "");
  EXPECT_TRUE(history_->take_loss());
  EXPECT_FALSE(history_->take_loss());
}

TEST_F(HistoryTest, AHistoryThatCannotBeWrittenIsToldAndMendsItself) {
  std::filesystem::create_directories(file_ / "in the way");
  open();
  give(lease_on(20001, "shop", noon));
  const auto refused = find({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, Problem::store_unavailable);
  EXPECT_THAT(refused.error().detail, HasSubstr("leases are not affected"));
  EXPECT_THAT(history_->trouble(), HasSubstr(file_.string()));
  std::filesystem::remove_all(file_);
  give(lease_on(20002, "api", noon));
  EXPECT_THAT(told(), UnorderedElementsAre("20001 shop 0s- granted", "20002 api 0s- granted"));
  EXPECT_EQ(history_->trouble(), "");
  EXPECT_TRUE(history_->take_loss()) << "nobody knows what else came and went";
}

TEST_F(HistoryTest, TroubleIsOverWithoutAnyRecordAndTheLossIsToldOnlyThen) {
  std::filesystem::create_directories(file_ / "in the way");
  open();
  give(lease_on(20001, "shop", noon));
  EXPECT_FALSE(find({}));
  EXPECT_FALSE(history_->take_loss()) << "a census could not be written now";
  std::filesystem::remove_all(file_);
  queue_.run_until([this] { return history_->trouble().empty(); });
  EXPECT_TRUE(history_->take_loss());
  EXPECT_THAT(told(), ElementsAre("20001 shop 0s- granted"));
}

TEST_F(HistoryTest, OfWhatCannotBeWrittenTheNewestIsKept) {
  constexpr std::size_t capacity = store::HistoryInbox::capacity;
  std::filesystem::create_directories(file_ / "in the way");
  open();
  for (std::size_t number = 0; number < capacity + 5; ++number) {
    give(lease_on(20001, "s" + std::to_string(number), noon + Millis(number)));
    if (number % 1'000 == 0) {
      EXPECT_FALSE(find({}));  // takes what is there
    }
  }
  EXPECT_FALSE(find({}));
  std::filesystem::remove_all(file_);
  HistoryQuery oldest;
  oldest.service = "s5";
  EXPECT_THAT(told(oldest), SizeIs(1));
  oldest.service = "s4";
  EXPECT_THAT(told(oldest), IsEmpty());
}

TEST_F(HistoryTest, SwitchedOffItWritesNothingAndSaysHowToSwitchItOn) {
  open({}, false);
  give(lease_on(20001, "shop", noon));
  const auto refused = find({});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("portc config set history.enabled true"));
  EXPECT_EQ(refused.error().problem, Problem::store_unavailable);
  history_->stop();
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(HistoryTest, WhenItIsStoppedEverythingIsWritten) {
  open();
  give(lease_on(20001, "shop", noon));
  history_->stop();
  const auto ending = find({});
  ASSERT_FALSE(ending);
  EXPECT_THAT(ending.error().detail, HasSubstr("is ending"));
  EXPECT_EQ(std::filesystem::file_size(file_.string() + "-wal"), 0U);
  open();
  EXPECT_THAT(told(), ElementsAre("20001 shop 0s- granted"));
}

TEST_F(HistoryTest, WhoeverAsksIsAnsweredHoweverManyDo) {
  open();
  int answered = 0;
  for (int times = 0; times < 100; ++times) {
    history_->find({}, [&](const Result<HistoryPage>& page) {
      ++answered;
      EXPECT_TRUE(page || page.error().problem == Problem::overloaded);
    });
  }
  queue_.run_until([&] { return answered == 100; });
}

// --- an hour by the script
// --------------------------------------------------------------------------------------------

TEST_F(HistoryTest, AScriptedHourAnswersWhoHadAPortWhen) {
  const auto minute = [](int count) { return noon + std::chrono::minutes(count); };
  open();
  give(Census{{}, noon});
  const Came shop = lease_on(20001, "shop", minute(5));
  const Came python = listener_on(5432, 42, minute(10));
  give(shop);
  give(python);
  give(end_of(shop, minute(20), "moved"));
  give(lease_on(20002, "shop", minute(20)));
  give(end_of(python, minute(30), "ended"));
  const Came api = lease_on(20001, "api", minute(40));
  give(api);
  give(listener_on(5432, 77, minute(45)));
  give(end_of(api, minute(50), "expired"));
  for (int count = 1; count <= 60; ++count) give(heartbeat(minute(count)));

  const auto who = [this](std::uint16_t port, TimePoint moment) {
    HistoryQuery query = at(moment);
    query.port = Port(port);
    return told(query);
  };
  EXPECT_THAT(who(20001, minute(15)), ElementsAre("20001 shop 5m-20m moved"));
  EXPECT_THAT(who(20001, minute(20)), IsEmpty());
  EXPECT_THAT(who(20002, minute(59)), ElementsAre("20002 shop 20m- granted"));
  EXPECT_THAT(who(5432, minute(29)), ElementsAre("5432 42 10m-30m ended"));  // never leased
  EXPECT_THAT(who(20001, minute(45)), ElementsAre("20001 api 40m-50m expired"));
  EXPECT_THAT(who(5432, minute(35)), IsEmpty());
}

// --- statistics -----------------------------------------------------------------------------------------------------

MinuteSample counted(TimePoint minute, std::uint64_t grants, std::uint64_t leased) {
  MinuteSample sample;
  sample.minute = minute;
  sample.at = minute + 60s;
  sample.changes.grants = grants;
  sample.ports.leased = leased;
  core::ServiceSample web{InstanceKey{"default", "web", "main"}};
  web.checks = 6;
  web.failures = 1;
  web.watched = 60s;
  web.up = 45s;
  web.latencies.add(2ms);
  sample.services = {web};
  return sample;
}

TEST_F(HistoryTest, TheMinutesOfAWindowAreSummedUp) {
  open();
  for (int count = 0; count < 90; ++count) give(counted(noon + count * 1min, 2, 10));
  const core::Statistics sums = sum(noon + 60min, 30min).value();
  EXPECT_EQ(sums.changes.grants, 60U);
  ASSERT_EQ(sums.occupancy.size(), 30U);
  EXPECT_EQ(sums.occupancy[0].at, noon + 60min);
  EXPECT_EQ(sums.occupancy[0].ports.leased, 10U);
  ASSERT_EQ(sums.services.size(), 1U);
  EXPECT_EQ(sums.services[0].checks, 180U);
  EXPECT_EQ(sums.services[0].failures, 30U);
  EXPECT_EQ(sums.services[0].up, 30 * 45s);
  EXPECT_EQ(sums.services[0].latencies.count(), 30U);
  EXPECT_EQ(sums.services[0].latencies.max(), 2ms);
}

TEST_F(HistoryTest, WhatIsHandedOverTwiceInAMinuteAddsUp) {
  open();
  give(counted(noon, 2, 10));
  give(counted(noon, 3, 11));
  const core::Statistics sums = sum(noon, 1min).value();
  EXPECT_EQ(sums.changes.grants, 5U);
  ASSERT_EQ(sums.occupancy.size(), 1U);
  EXPECT_EQ(sums.occupancy[0].ports.leased, 11U);
  EXPECT_EQ(sums.services.at(0).checks, 12U);
  EXPECT_EQ(sums.services.at(0).latencies.count(), 2U);
}

TEST_F(HistoryTest, LongWindowsAreSummedUpFromHoursAndDays) {
  const TimePoint midnight = std::chrono::floor<std::chrono::days>(noon);
  open();
  constexpr int hours = 75;  // three days and three hours
  for (int count = 0; count <= hours * 60; count += 10) give(counted(midnight + count * 1min, 1, 4));
  const TimePoint end = midnight + hours * 1h + 1min;
  for (int count = 1; count <= 5; ++count) give(heartbeat(end + count * 1min));  // so that the last hour is surely over
  const std::uint64_t all = hours * 6 + 1;
  const core::Statistics week = sum(midnight, 7 * 24h).value();
  EXPECT_EQ(week.changes.grants, all);
  EXPECT_EQ(week.occupancy.size(), hours + 1U + 5U);
  EXPECT_EQ(week.occupancy[0].ports.leased, 4U);
  const core::Statistics quarter = sum(midnight, 90 * 24h).value();
  EXPECT_EQ(quarter.changes.grants, all);
  EXPECT_EQ(quarter.services.at(0).checks, 6 * all);
  EXPECT_EQ(quarter.occupancy.size(), 3U + 3U + 1U + 5U);
}

TEST_F(HistoryTest, EachLevelIsKeptForItsTime) {
  const TimePoint midnight = std::chrono::floor<std::chrono::days>(noon);
  open();
  for (int hour = 0; hour < 40 * 24; ++hour) give(counted(midnight + hour * 1h, 1, 4));
  for (int steps = 0; steps < 20; ++steps) find({});  // dropping comes after each
  history_->stop();
  SQLite::Database database(file_.string());
  const auto rows = [&](const std::string& table, Millis level) {
    return database.execAndGet("SELECT count(*) FROM " + table + " WHERE level = " + std::to_string(level.count()))
        .getInt();
  };
  const auto about = [](int count) { return ::testing::AllOf(::testing::Ge(count - 1), ::testing::Le(count + 1)); };
  constexpr int settling = 4;  // hours: an end is believed once five samples agree
  EXPECT_THAT(rows("samples", 1min), about(2 * 24 + settling));
  EXPECT_THAT(rows("samples", 1h), about(30 * 24));
  EXPECT_EQ(rows("samples", 24h), 39);
  EXPECT_THAT(rows("service_samples", 1min), about(3 + settling));
  EXPECT_THAT(rows("service_samples", 1h), about(7 * 24));
  EXPECT_EQ(rows("service_samples", 24h), 39);
}

// --- bounds ---------------------------------------------------------------------------------------------------------

TEST_F(HistoryTest, WhatIsOlderThanItsAgeIsDropped) {
  open({.max_age = 24h});
  const Came old = lease_on(20001, "old", noon - 30h);
  const Came young = lease_on(20002, "young", noon - 20h);
  const Came still = lease_on(20003, "still", noon - 90 * 24h);
  for (const Came& each : {still, old, young}) give(each);
  give(end_of(old, noon - 25h));
  give(end_of(young, noon - 19h));
  for (int count = 0; count < 5; ++count) give(heartbeat(noon + count * 1min));
  find({});  // dropping comes after it
  EXPECT_THAT(told(), ElementsAre("20002 young -20h--19h released", "20003 still -90d- granted"));
}

TEST_F(HistoryTest, TheFileStaysBelowItsBoundAndTheOldestGoFirst) {
  constexpr std::uint64_t bound = 2'000'000;
  open({.max_bytes = bound});
  const std::string command(400, 'x');
  std::uint64_t largest = 0;
  for (int batch = 0; batch < 20; ++batch) {
    Records records;
    for (int each = 0; each < 500; ++each) {
      const int number = batch * 500 + each;
      Came came = lease_on(static_cast<std::uint16_t>(20001 + number % 5000), "s" + std::to_string(number),
                           noon + Millis(number));
      came.entry.command = command;
      records.emplace_back(came);
      records.emplace_back(end_of(came, noon + Millis(number + 1)));
    }
    history_->take(std::move(records));
    find({});
    largest = std::max<std::uint64_t>(largest, std::filesystem::file_size(file_));
  }
  EXPECT_LE(largest, bound);
  HistoryQuery query;
  query.limit = 1000;
  const HistoryPage page = find(query).value();
  ASSERT_FALSE(page.entries.empty());
  EXPECT_EQ(page.entries[0].key->service, "s9999");
  query.service = "s0";
  EXPECT_THAT(find(query)->entries, IsEmpty());
}

TEST_F(HistoryTest, ATighterBoundShrinksTheFile) {
  open();
  Records records;
  for (int number = 0; number < 5000; ++number) {
    Came came = lease_on(20001, "s" + std::to_string(number), noon + Millis(number));
    came.entry.command = std::string(400, 'x');
    records.emplace_back(came);
    records.emplace_back(end_of(came, noon + Millis(number + 1)));
  }
  history_->take(std::move(records));
  find({});
  EXPECT_GT(std::filesystem::file_size(file_), 2'000'000U);
  history_->use({.max_bytes = 1'000'000});
  give(heartbeat(noon + 60s));
  while (std::filesystem::file_size(file_) > 1'000'000U) find({});
  EXPECT_FALSE(told().empty());
}

}  // namespace
}  // namespace portd::test
