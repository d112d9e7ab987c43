#include "daemon/store/history.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gmock/gmock.h>

#include <fstream>

#include "tests/store/store_fixture.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HistoryTest : public StoreTest {
 protected:
  HistoryTest() { history_ = true; }

  std::vector<std::string> rows() const {
    SQLite::Database database(paths_.history(), SQLite::OPEN_READWRITE);
    SQLite::Statement statement(database, "SELECT reason, port, service, pid FROM changes ORDER BY id");
    std::vector<std::string> list;
    while (statement.executeStep()) {
      std::string row;
      for (int column = 0; column < 4; ++column) row += statement.getColumn(column).getString() + " ";
      list.push_back(row);
    }
    return list;
  }
};

TEST_F(HistoryTest, EveryDurableChangeIsInIt) {
  open();
  Lease shop = lease(20001, "shop");
  shop.holder = Holder{{"boot", 42, 1}, "flask run", "/srv", {}};
  store_->append({granted(shop)});
  ASSERT_FALSE(settle());
  store_->append({released(shop)});
  ASSERT_FALSE(settle());
  stop();
  EXPECT_THAT(rows(), ElementsAre("granted 20001 shop 42 ", "released 20001 shop 42 "));
}

TEST_F(HistoryTest, WhatWasUndoneIsNotInIt) {
  open();
  faults_.space = 0;
  grant(20001, "lost");
  ASSERT_TRUE(settle());
  heal();
  grant_durably(20002, "shop");
  stop();
  EXPECT_THAT(rows(), ElementsAre("granted 20002 shop  "));
}

TEST_F(HistoryTest, ADamagedHistoryIsMadeAnewAndLeasesAreNotTouched) {
  open();
  grant_durably(20001, "shop");
  stop();
  store_.reset();
  std::ofstream(paths_.history(), std::ios::binary) << std::string(9000, 'x');
  open();
  EXPECT_THAT(services(contents_.leases), ElementsAre("shop"));
  grant_durably(20002, "later");
  stop();
  EXPECT_THAT(rows(), ElementsAre("granted 20002 later  "));
}

TEST_F(HistoryTest, AHistoryThatCannotBeWrittenIsSkippedAndTold) {
  std::filesystem::create_directories(paths_.history() / "in the way");
  open();
  grant_durably(20001, "shop");
  stop();
  EXPECT_THAT(store_->status().detail, ::testing::HasSubstr("leases are not affected"));
  open();
  EXPECT_THAT(services(contents_.leases), ElementsAre("shop"));
}

TEST_F(HistoryTest, OnlyTheNewestRowsAreKept) {
  open();
  {
    store::History history(paths_.history(), 3);
    for (std::uint16_t port = 20001; port <= 20010; ++port) history.add({granted(lease(port, "s"))});
    history.flush();
  }
  EXPECT_THAT(rows(), ElementsAre("granted 20008 s  ", "granted 20009 s  ", "granted 20010 s  "));
}

TEST_F(HistoryTest, SwitchedOffItWritesNothing) {
  history_ = false;
  open();
  grant_durably(20001, "shop");
  stop();
  EXPECT_FALSE(std::filesystem::exists(paths_.history()));
}

}  // namespace
}  // namespace portd::test
