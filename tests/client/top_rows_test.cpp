#include "client/top_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using std::chrono::microseconds;
using test::instance_of;
using test::lease_of;
using ::testing::ElementsAre;

Lease serving(const std::string& key, std::uint16_t port, pid_t pid) {
  Lease lease = lease_of(key, port);
  lease.state = LeaseState::listening;
  lease.holder = Holder{{"", pid, 1}, "flask run", "/", {}};
  return lease;
}

Instance checked(const std::string& key, Status status, std::uint16_t port, int micros) {
  Instance instance = instance_of(key, status, port);
  CheckReport report;
  report.latency = microseconds(micros);
  instance.checks = {report};
  return instance;
}

PortReport foreign_on(std::uint16_t port, const std::string& user) {
  Holder process{{"", 99, 1}, "node", "/", {}};
  return {Port(port), Verdict::foreign, {}, {{Protocol::tcp, "127.0.0.1", Port(port), 1, 1, user, process}}};
}

TopSnapshot machine_of_ada() {
  TopSnapshot snapshot;
  snapshot.project = "default";
  snapshot.view.user = "ada";
  snapshot.leases = {serving("web", 20002, 7), lease_of("acme/api@blue:debug", 20001), lease_of("db", 20003)};
  snapshot.leases[1].state = LeaseState::contested;
  snapshot.services = {checked("web", Status::critical, 20002, 1500), checked("cache", Status::passing, 6379, 2500)};
  snapshot.foreign = {foreign_on(3000, "ada"), foreign_on(5432, "postgres")};
  return snapshot;
}

std::vector<std::string> named_rows(const std::vector<TopRow>& rows) {
  std::vector<std::string> names;
  for (const TopRow& row : rows) names.push_back(row.service.empty() ? row.port.text() : row.service);
  return names;
}

TEST(TopRows, ALeaseAndTheServiceOnItAreOneRow) {
  const auto rows = top_rows(machine_of_ada(), TopOrder::name, false);
  EXPECT_THAT(named_rows(rows), ElementsAre("acme/api:debug", "cache", "db", "web"));
  EXPECT_EQ(rows[3], (TopRow{"web", "main", Port(20002), "listening", "critical", microseconds(1500), 7, "flask run"}));
  EXPECT_EQ(rows[1], (TopRow{"cache", "main", Port(6379), "", "passing", microseconds(2500), {}, ""}));
  EXPECT_EQ(rows[0].instance, "blue");
}

TEST(TopRows, ForeignListenersComeLastByName) {
  const auto rows = top_rows(machine_of_ada(), TopOrder::name, true);
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[4], (TopRow{"", "", Port(3000), "foreign", "", {}, 99, "node"}));
  EXPECT_EQ(rows[5].command, "pid 99 (node) of postgres");
}

TEST(TopRows, AContestedLeaseShowsWhoIsOnItsPort) {
  TopSnapshot seen = machine_of_ada();
  PortReport report = foreign_on(20001, "ada");
  report.verdict = Verdict::contested;
  report.lease = seen.leases[1];
  seen.contested = {report};
  const auto rows = top_rows(seen, TopOrder::name, false);
  EXPECT_EQ(rows[0], (TopRow{"acme/api:debug", "blue", Port(20001), "contested", "", {}, 99, "node"}));
}

TEST(TopRows, EveryOrderHasTheWorstFirst) {
  const TopSnapshot seen = machine_of_ada();
  EXPECT_THAT(named_rows(top_rows(seen, TopOrder::port, false)), ElementsAre("cache", "acme/api:debug", "web", "db"));
  EXPECT_THAT(named_rows(top_rows(seen, TopOrder::state, true)),
              ElementsAre("acme/api:debug", "3000", "5432", "web", "db", "cache"));
  EXPECT_THAT(named_rows(top_rows(seen, TopOrder::status, false)), ElementsAre("web", "cache", "acme/api:debug", "db"));
  EXPECT_THAT(named_rows(top_rows(seen, TopOrder::latency, false)),
              ElementsAre("cache", "web", "acme/api:debug", "db"));
}

TEST(TopRows, TheOrdersGoRound) {
  TopOrder order = TopOrder::name;
  for (int i = 0; i < 5; ++i) order = next_order(order);
  EXPECT_EQ(order, TopOrder::name);
  EXPECT_EQ(name_of(next_order(order)), "port");
}

}  // namespace
}  // namespace portd::client
