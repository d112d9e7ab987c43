#include "common/service_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portd {
namespace {

using ::testing::HasSubstr;

const TimePoint registered = parse_rfc3339("2026-11-24T03:00:00Z").value();

CheckReport http_report() {
  CheckReport report;
  report.check.id = "http";
  report.check.type = CheckType::http;
  report.status = Status::critical;
  report.output = "connection refused";
  report.last_run = registered + Millis(250);
  report.latency = std::chrono::microseconds(1001);
  return report;
}

CheckReport ttl_report() {
  CheckReport report;
  report.check.id = "beat";
  report.check.type = CheckType::ttl;
  report.check.schedule.interval = Millis(30'000);
  return report;
}

Instance instance_with_everything() {
  Instance instance;
  instance.key = {"acme", "shop", "feature-x"};
  instance.port = Port(20100);
  instance.status = Status::critical;
  instance.reason = "http: connection refused";
  instance.affected_by = {"acme/db@feature-x"};
  instance.tags = {"web", "beta"};
  instance.metadata = {{"team", "checkout"}};
  instance.depends_on = {{{"acme", "db", "feature-x"}, Condition::healthy, false}};
  instance.checks = {http_report(), ttl_report()};
  instance.registered_at = registered;
  instance.revision = {10, 7};
  return instance;
}

TEST(InstanceJson, HasTheFieldsOfTheContractInItsOrder) {
  EXPECT_EQ(
      dump_json(to_json(instance_with_everything())),
      R"({"project":"acme","service":"shop","instance":"feature-x","host":"localhost","port":20100,)"
      R"("url":"http://localhost:20100","status":"critical","reason":"http: connection refused",)"
      R"("affected_by":["acme/db@feature-x"],"tags":["web","beta"],"metadata":{"team":"checkout"},)"
      R"("depends_on":[{"project":"acme","service":"db","instance":"feature-x","condition":"healthy",)"
      R"("required":false}],"checks":[{"id":"http","type":"http","status":"critical","output":"connection refused",)"
      R"("last_run":"2026-11-24T03:00:00.250Z","latency_ms":1.001,"interval":"10s","timeout":"2s"},)"
      R"({"id":"beat","type":"ttl","status":"starting","output":"","last_run":null,"latency_ms":null,)"
      R"("interval":"30s","timeout":null}],"registered_at":"2026-11-24T03:00:00.000Z","revision":"0000000a-7"})");
}

TEST(InstanceJson, IsReadBackAsItWasWritten) {
  const Instance instance = instance_with_everything();
  EXPECT_EQ(instance_from_json(to_json(instance)).value(), instance);
}

TEST(InstanceJson, IsNullWhereThereIsNoReason) {
  Instance instance = instance_with_everything();
  instance.reason.clear();
  EXPECT_TRUE(to_json(instance)["reason"].is_null());
  EXPECT_EQ(instance_from_json(to_json(instance)).value(), instance);
}

TEST(InstanceJson, KeepsEveryMicrosecondOfALatency) {
  for (const int micros : {0, 1, 999, 1001, 1'234'567}) {
    Instance instance = instance_with_everything();
    instance.checks[0].latency = std::chrono::microseconds(micros);
    EXPECT_EQ(instance_from_json(to_json(instance)).value(), instance) << micros;
  }
}

TEST(InstanceJson, SurvivesALatencyThatIsNoTime) {
  Json json = to_json(instance_with_everything());
  for (const double millis : {-1.0, 1e300}) {
    json["checks"][0]["latency_ms"] = millis;
    EXPECT_TRUE(instance_from_json(json)) << millis;
  }
}

TEST(InstanceJson, PassesOverWhatANewerPortdAdds) {
  Json json = to_json(instance_with_everything());
  json["colour"] = "red";
  json["checks"][0]["colour"] = "red";
  json["depends_on"][0]["colour"] = "red";
  EXPECT_TRUE(instance_from_json(json));
}

TEST(InstanceJson, NamesTheFieldThatIsMissingOrWrong) {
  const Json whole = to_json(instance_with_everything());
  for (const auto& [field, value] : whole.items()) {
    if (field == "url" || field == "metadata") continue;  // follows from others; shown only
    Json json = whole;
    json[field] = Json::array({1});
    const auto refused = instance_from_json(json);
    ASSERT_FALSE(refused) << field;
    EXPECT_EQ(std::get<std::string>(refused.error().facts.at(0).value), field);
  }
  EXPECT_FALSE(instance_from_json(Json::array()));
  EXPECT_FALSE(instance_from_json(Json::object()));
}

TEST(ServicesJson, ListsCarryTheirRevision) {
  const Json list = services_json({instance_with_everything()}, {1, 2});
  EXPECT_EQ(list["revision"], "00000001-2");
  EXPECT_EQ(instances_from_json(list)->at(0), instance_with_everything());
  EXPECT_EQ(dump_json(services_json({}, {1, 2})), R"({"services":[],"revision":"00000001-2"})");
}

TEST(ServicesJson, OneServiceListsItsInstances) {
  const Json one = service_json({"acme", "shop", "main"}, {instance_with_everything()}, {1, 2});
  EXPECT_EQ(one["service"], "shop");
  EXPECT_EQ(one["project"], "acme");
  EXPECT_EQ(one["revision"], "00000001-2");
  EXPECT_EQ(instances_from_json(one)->at(0), instance_with_everything());
}

TEST(ServicesJson, RefusesAListThatIsNone) {
  EXPECT_FALSE(instances_from_json(Json{{"services", "x"}}));
  EXPECT_FALSE(instances_from_json(Json{{"services", Json::array({1})}}));
  EXPECT_FALSE(instances_from_json(Json::array()));
}

ServiceGraph web_needs_db() {
  ServiceGraph graph;
  graph.nodes = {{{"default", "web", "main"}, Status::passing, {"db"}}, {{"default", "db", "main"}, std::nullopt, {}}};
  graph.edges = {{{"default", "web", "main"}, {"default", "db", "main"}, Condition::healthy, true, false}};
  graph.start_order = {"db", "web"};
  return graph;
}

TEST(GraphJson, HasTheFieldsOfTheContract) {
  EXPECT_EQ(dump_json(to_json(web_needs_db(), {1, 2})),
            R"({"nodes":[{"project":"default","service":"web","instance":"main","status":"passing","missing":false,)"
            R"("affected_by":["db"]},{"project":"default","service":"db","instance":"main","status":null,)"
            R"("missing":true,"affected_by":[]}],"edges":[{"from":"web","to":"db","condition":"healthy",)"
            R"("required":true,"satisfied":false}],"start_order":["db","web"],"revision":"00000001-2"})");
}

TEST(GraphJson, IsReadBackAsItWasWritten) {
  const Json json = to_json(web_needs_db(), {1, 2});
  EXPECT_EQ(to_json(graph_from_json(json).value(), {1, 2}), json);
}

TEST(GraphJson, RefusesWhatIsNoGraph) {
  for (const char* text : {"[]", R"({"nodes": [1]})", R"({"nodes": [{"project": "a"}]})", R"({"edges": {}})",
                           R"({"edges": [{"from": "A b", "to": "db", "condition": "healthy"}]})",
                           R"({"edges": [{"from": "a", "condition": "healthy"}]})", R"({"start_order": [1]})"}) {
    EXPECT_FALSE(graph_from_json(parse_json(text).value())) << text;
  }
}

Result<Heartbeat> read_beat(std::string_view text) { return heartbeat_from_json(parse_json(text).value()); }

TEST(HeartbeatJson, IsReadBackAsItWasWritten) {
  for (const char* text : {R"({"status":"passing"})", R"({"status":"warning","output":"slow"})"}) {
    EXPECT_EQ(dump_json(to_json(read_beat(text).value())), text);
  }
}

TEST(HeartbeatJson, KeepsTheFirst4KbOfItsOutput) {
  EXPECT_EQ(read_beat(R"({"status": "passing", "output": ")" + std::string(5000, 'x') + "\"}")->output.size(), 4096U);
}

TEST(HeartbeatJson, RefusesWhatAServiceCannotSayOfItself) {
  EXPECT_THAT(read_beat(R"({"status": "starting"})").error().detail, HasSubstr("passing, warning or critical"));
  for (const char* text : {"{}", "[]", R"({"status": "maintenance"})", R"({"status": "fine"})", R"({"status": 1})",
                           R"({"status": "passing", "output": 1})", R"({"status": "passing", "ouput": ""})"}) {
    EXPECT_FALSE(read_beat(text)) << text;
  }
}

Result<MaintenanceOrder> read_order(std::string_view text) { return maintenance_from_json(parse_json(text).value()); }

TEST(MaintenanceJson, IsReadBackAsItWasWritten) {
  for (const char* text : {R"({"enabled":false})", R"({"enabled":true,"reason":"migrating"})"}) {
    EXPECT_EQ(dump_json(to_json(read_order(text).value())), text);
  }
}

TEST(MaintenanceJson, NeedsToSayOnOrOff) {
  const std::string long_reason = R"({"enabled": true, "reason": ")" + std::string(1025, 'x') + "\"}";
  for (const std::string& text : {std::string("{}"), std::string("[]"), std::string(R"({"enabled": "on"})"),
                                  std::string(R"({"enabled": 1})"), std::string(R"({"enabled": true, "raeson": "x"})"),
                                  std::string(R"({"enabled": true, "reason": 1})"), long_reason}) {
    EXPECT_FALSE(read_order(text)) << text;
  }
}

}  // namespace
}  // namespace portd
