#include "daemon/core/lease_table.hpp"

#include <gtest/gtest.h>

namespace portd::core {
namespace {

Lease lease(std::uint16_t port, const std::string& service) {
  Lease made;
  made.port = Port(port);
  made.key.service = service;
  return made;
}

TEST(LeaseTable, FindsByPortAndByKey) {
  LeaseTable table;
  table.insert(lease(20001, "shop"));
  EXPECT_EQ(table.find(Port(20001))->key.service, "shop");
  EXPECT_EQ(table.find(lease(1, "shop").key)->port, Port(20001));
  EXPECT_EQ(table.find(Port(20002)), nullptr);
  EXPECT_TRUE(table.ports().contains(Port(20001)));
}

TEST(LeaseTable, HoldsOneLeaseAPort) {
  LeaseTable table;
  table.insert(lease(20001, "shop"));
  EXPECT_THROW(table.insert(lease(20001, "other")), std::logic_error);
  EXPECT_EQ(table.size(), 1U);
}

TEST(LeaseTable, HoldsOneLeaseAKey) {
  LeaseTable table;
  table.insert(lease(20001, "shop"));
  EXPECT_THROW(table.insert(lease(20002, "shop")), std::logic_error);
}

TEST(LeaseTable, ForgetsAnErasedLease) {
  LeaseTable table;
  table.insert(lease(20001, "shop"));
  table.erase(Port(20001));
  EXPECT_EQ(table.find(lease(1, "shop").key), nullptr);
  EXPECT_FALSE(table.ports().contains(Port(20001)));
}

TEST(LeaseTable, ListsInOrderOfPortsWhatTheFilterMatches) {
  LeaseTable table;
  table.insert(lease(20003, "shop"));
  table.insert(lease(20001, "api"));
  table.insert(lease(20002, "db"));
  LeaseFilter filter;
  EXPECT_EQ(table.list(filter).front().port, Port(20001));
  filter.service = "db";
  ASSERT_EQ(table.list(filter).size(), 1U);
  EXPECT_EQ(table.list(filter)[0].port, Port(20002));
}

}  // namespace
}  // namespace portd::core
