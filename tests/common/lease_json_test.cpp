#include "common/lease_json.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

using namespace std::chrono;

const TimePoint granted = sys_days(year(2026) / 11 / 24) + 3h;

Lease lease_with_everything() {
  Lease lease;
  lease.id = "0000000a-7";
  lease.port = Port(20100);
  lease.protocol = Protocol::both;
  lease.key = Key{.project = "acme", .service = "shop", .instance = "feature-x", .role = "debug"};
  lease.kind = LeaseKind::ttl;
  lease.hold = HoldMode::strict;
  lease.cwd = "/home/me/shop";
  lease.holder = Holder{{"", 4711, 0}, "flask run", "/home/me/shop", granted};
  lease.created_at = granted;
  lease.updated_at = granted + 1s;
  lease.last_used_at = granted + 1min;
  lease.revision = {10, 9};
  lease.state = LeaseState::listening;
  lease.held = true;
  lease.holder_alive = true;
  lease.expires_at = granted + 30s;
  return lease;
}

TEST(LeaseJson, HasTheFieldsOfTheContractInItsOrder) {
  EXPECT_EQ(
      dump_json(to_json(lease_with_everything())),
      R"({"id":"0000000a-7","port":20100,"protocol":"both","project":"acme","service":"shop",)"
      R"("instance":"feature-x","role":"debug","kind":"ttl","state":"listening","hold":"strict","held":true,)"
      R"("url":"http://localhost:20100","cwd":"/home/me/shop","expires_at":"2026-11-24T03:00:30.000Z",)"
      R"("holder":{"pid":4711,"command":"flask run","cwd":"/home/me/shop","started_at":"2026-11-24T03:00:00.000Z"},)"
      R"("created_at":"2026-11-24T03:00:00.000Z","updated_at":"2026-11-24T03:00:01.000Z",)"
      R"("last_used_at":"2026-11-24T03:01:00.000Z","revision":"0000000a-9"})");
}

TEST(LeaseJson, IsNullWhereNothingIsKnown) {
  Lease lease = lease_with_everything();
  lease.cwd.clear();
  lease.expires_at.reset();
  lease.holder.reset();
  const Json json = to_json(lease);
  EXPECT_TRUE(json["cwd"].is_null());
  EXPECT_TRUE(json["expires_at"].is_null());
  EXPECT_TRUE(json["holder"].is_null());
}

TEST(LeaseJson, DoesNotShowADeadHolder) {
  Lease lease = lease_with_everything();
  lease.holder_alive = false;
  EXPECT_TRUE(to_json(lease)["holder"].is_null());
}

TEST(LeaseJson, IsReadBackAsItWasWritten) {
  const Lease lease = lease_with_everything();
  EXPECT_EQ(lease_from_json(to_json(lease)).value(), lease);
  Lease bare = lease;
  bare.cwd.clear();
  bare.expires_at.reset();
  bare.holder.reset();
  bare.holder_alive = false;
  EXPECT_EQ(lease_from_json(to_json(bare)).value(), bare);
}

TEST(LeaseJson, PassesOverWhatANewerPortdAdds) {
  Json json = to_json(lease_with_everything());
  json["colour"] = "red";
  EXPECT_TRUE(lease_from_json(json));
}

TEST(LeaseJson, NamesTheFieldThatIsMissingOrWrong) {
  const Json whole = to_json(lease_with_everything());
  for (const auto& [field, value] : whole.items()) {
    if (field == "url") continue;  // follows from the port
    Json json = whole;
    json[field] = Json::array({1});
    const auto refused = lease_from_json(json);
    ASSERT_FALSE(refused) << field;
    EXPECT_EQ(std::get<std::string>(refused.error().facts.at(0).value), field);
  }
  EXPECT_FALSE(lease_from_json(Json::array()));
  EXPECT_FALSE(lease_from_json(Json::object()));
}

TEST(LeaseJson, ListsCarryTheirRevision) {
  EXPECT_EQ(dump_json(to_json(std::vector<Lease>{}, Revision{1, 2})), R"({"leases":[],"revision":"00000001-2"})");
  const Json one = to_json(std::vector<Lease>{lease_with_everything()}, Revision{1, 2});
  EXPECT_EQ(one["leases"].size(), 1U);
}

PortReport report_of_a_foreign_listener() {
  PortReport report;
  report.port = Port(8080);
  report.verdict = Verdict::foreign;
  report.listeners.resize(2);
  report.listeners[0].address = "127.0.0.1";
  report.listeners[0].port = Port(8080);
  report.listeners[0].user = "me";
  report.listeners[0].process = Holder{{"", 99, 0}, "python3 -m http.server", "/tmp", granted};
  report.listeners[1].protocol = Protocol::udp;
  report.listeners[1].address = "::";
  report.listeners[1].v6_only = true;
  report.listeners[1].port = Port(8080);
  report.listeners[1].user = "root";
  return report;
}

TEST(PortReportJson, ShowsListenersWithNullsWhereTheProcessIsNotToBeSeen) {
  EXPECT_EQ(
      dump_json(to_json(report_of_a_foreign_listener())),
      R"({"port":8080,"verdict":"foreign","lease":null,"listeners":[)"
      R"({"protocol":"tcp","address":"127.0.0.1","v6_only":false,"pid":99,"command":"python3 -m http.server",)"
      R"("cwd":"/tmp",)"
      R"("user":"me","since":"2026-11-24T03:00:00.000Z","branch":null,"started_by":[],"unit":null,"user_unit":false,)"
      R"("terminal":null,"container":null,"note":null},)"
      R"({"protocol":"udp","address":"::","v6_only":true,"pid":null,"command":null,"cwd":null,"user":"root",)"
      R"("since":null,)"
      R"("branch":null,"started_by":[],"unit":null,"user_unit":false,"terminal":null,"container":null,"note":null}],)"
      R"("barred":null,"ephemeral":false,"warnings":[]})");
}

TEST(PortReportJson, IsReadBackAsItWasWritten) {
  PortReport report = report_of_a_foreign_listener();
  report.lease = lease_with_everything();
  report.listeners[0].origin = {"feature-x", {{90, "bash"}, {1, "/sbin/init"}}, "web.service", "pts/3", true};
  report.listeners[1].container = Container{"0123456789ab", "db", "postgres:16", "shop/db"};
  report.listeners[1].note = "another user's";
  report.barred = Verdict::blocked;
  report.ephemeral = true;
  report.warnings = {"two owners"};
  const Json json = to_json(report);
  EXPECT_EQ(to_json(port_report_from_json(json).value()), json);
}

TEST(PortsReportJson, IsReadBackAsItWasWritten) {
  const PortsReport report{{lease_with_everything()}, {report_of_a_foreign_listener()}, {1, 2}};
  const Json json = to_json(report);
  EXPECT_EQ(to_json(ports_report_from_json(json).value()), json);
}

TEST(PortReportJson, RefusesListenersThatAreNoList) {
  Json json = to_json(report_of_a_foreign_listener());
  json["listeners"] = Json{{"pid", 1}};
  EXPECT_FALSE(port_report_from_json(json));
  json["listeners"] = Json::array({Json{{"pid", 1}}});
  EXPECT_FALSE(port_report_from_json(json));
}

}  // namespace
}  // namespace portd
