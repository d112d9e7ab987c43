#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/lease_json.hpp"

namespace portd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<GrantRequest> request_of(std::string_view text) { return grant_request_from_json(parse_json(text).value()); }

// The field that a refusal names, and that it is a 422.
std::string refused_field_of_request(std::string_view text) {
  const auto request = request_of(text);
  if (request) return "";
  EXPECT_EQ(row_of(request.error().problem).http_status, 422);
  return request.error().facts.empty() ? "?" : std::get<std::string>(request.error().facts.at(0).value);
}

TEST(GrantRequestJson, NeedsTheServiceOnly) {
  const GrantRequest request = request_of(R"({"service": "shop"})").value();
  EXPECT_EQ(request.service, "shop");
  EXPECT_EQ(request.project, "default");
  EXPECT_EQ(request.instance, "main");
  EXPECT_THAT(request.roles, ElementsAre("http"));
  EXPECT_FALSE(request.bundle);
  EXPECT_FALSE(request.kind);
}

TEST(GrantRequestJson, TakesEveryField) {
  const GrantRequest request = request_of(R"({"service": "shop", "project": "acme", "instance": "x", "role": "debug",
      "port": 20100, "range": "web", "strategy": "next", "on_conflict": "wait", "wait": "30s", "protocol": "udp",
      "kind": "ttl", "ttl": "5m", "pid": 42, "cwd": "/home/me", "hold": "none"})")
                                   .value();
  EXPECT_EQ(request.project, "acme");
  EXPECT_THAT(request.roles, ElementsAre("debug"));
  EXPECT_EQ(request.port, Port(20100));
  EXPECT_EQ(request.strategy, Strategy::next);
  EXPECT_EQ(request.wait, Millis(30'000));
  EXPECT_EQ(request.kind, LeaseKind::ttl);
  EXPECT_EQ(request.ttl, Millis(300'000));
  EXPECT_EQ(request.pid, 42);
  EXPECT_EQ(request.cwd, "/home/me");
  EXPECT_EQ(request.hold, HoldMode::none);
}

TEST(GrantRequestJson, AdoptionNeedsThePortOnly) {
  const GrantRequest request = request_of(R"({"adopt": true, "port": 3000})").value();
  EXPECT_TRUE(request.adopt);
  EXPECT_FALSE(request.service);
  EXPECT_EQ(refused_field_of_request(R"({"adopt": true, "service": "web"})"), "port");
}

TEST(GrantRequestJson, AdoptionLeavesNothingToChoose) {
  for (const char* field : {R"("on_conflict":"next")", R"("strategy":"hash")", R"("range":"web")", R"("wait":"1s")",
                            R"("ttl":"1m")", R"("kind":"process")", R"("kind":"ttl")", R"("roles":["a","b"])",
                            R"("count":2)", R"("pid":42)", R"("protocol":"tcp")", R"("handover":true)"}) {
    const std::string text = R"({"adopt":true,"port":3000,"service":"web",)" + std::string(field) + "}";
    EXPECT_EQ(refused_field_of_request(text), std::string(field).substr(1, std::string(field).find('"', 1) - 1));
  }
  EXPECT_TRUE(request_of(R"({"adopt":true,"port":3000,"hold":"strict","kind":"sticky","cwd":"/x","role":"debug"})"));
  EXPECT_FALSE(request_of(R"({"adopt":false,"port":3000})"));
}

TEST(GrantRequestJson, WritesOnlyWhatWasStated) {
  for (const char* text :
       {R"({"service":"shop"})", R"({"service":"shop","port":3000,"adopt":true})",
        R"({"service":"shop","role":"debug"})", R"({"kind":"process","pid":7})", R"({"service":"shop","pid":null})",
        R"({"service":"shop","roles":["http"]})",
        R"({"service":"shop","project":"acme","instance":"x","roles":["a","b"],"range":"web","strategy":"hash",)"
        R"("on_conflict":"wait","wait":"1m","protocol":"tcp","kind":"ttl","ttl":"30s","cwd":"/","hold":"open"})"}) {
    EXPECT_EQ(dump_json(to_json(request_of(text).value())), text);
  }
}

TEST(GrantRequestJson, UnknownFieldsAreRefusedWithTheNearestOne) {
  const Error error = request_of(R"({"sevice": "shop"})").error();
  EXPECT_EQ(error.problem, Problem::invalid_value);
  EXPECT_THAT(error.detail, HasSubstr("no field \"sevice\"; did you mean \"service\"?"));
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "colour": 1})"), "colour");
}

TEST(GrantRequestJson, WrongTypesNameTheField) {
  EXPECT_EQ(refused_field_of_request(R"({"service": 1})"), "service");
  EXPECT_EQ(refused_field_of_request(R"({"service": null})"), "service");
  for (const char* field : {"project", "instance", "role", "range", "strategy", "on_conflict", "wait", "protocol",
                            "kind", "ttl", "cwd", "hold", "port", "count", "roles", "pid"}) {
    const std::string text = std::string(R"({"service": "shop", ")") + field + R"(": {}})";
    EXPECT_EQ(refused_field_of_request(text), field);
  }
}

TEST(GrantRequestJson, NamesAreChecked) {
  for (const char* field : {"project", "instance", "role", "range"}) {
    EXPECT_EQ(refused_field_of_request(std::string(R"({"service": "shop", ")") + field + R"(": "A b"})"), field);
  }
  EXPECT_THAT(request_of(R"({"service": "My Shop"})").error().detail, HasSubstr("try \"my-shop\""));
}

TEST(GrantRequestJson, WrongWordsSayWhatIsExpected) {
  EXPECT_THAT(request_of(R"({"service": "shop", "kind": "stiky"})").error().detail,
              HasSubstr("is one of sticky, ttl, process, not \"stiky\"; did you mean \"sticky\"?"));
}

TEST(GrantRequestJson, PortsAreWholeNumbersInRange) {
  for (const char* port : {"0", "65536", "-1", "20100.0", "\"20100\"", "18446744073709551615", "1e3", "true"}) {
    EXPECT_EQ(refused_field_of_request(std::string(R"({"service": "shop", "port": )") + port + "}"), "port") << port;
  }
}

TEST(GrantRequestJson, CountMakesRolesWithNumbers) {
  const GrantRequest request = request_of(R"({"kind": "process", "count": 3})").value();
  EXPECT_THAT(request.roles, ElementsAre("http", "http-2", "http-3"));
  EXPECT_TRUE(request.bundle);
  EXPECT_FALSE(request.service);
  EXPECT_THAT(request_of(R"({"service": "shop", "role": "db", "count": 2})")->roles, ElementsAre("db", "db-2"));
  EXPECT_THAT(request_of(R"({"service": "shop", "count": 1})")->roles, ElementsAre("http"));
}

TEST(GrantRequestJson, CountIsFrom1To1000) {
  EXPECT_EQ(request_of(R"({"service": "shop", "count": 1000})")->roles.size(), 1000U);
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "count": 0})"), "count");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "count": 1001})"), "count");
}

TEST(GrantRequestJson, CountedRolesMustStayNames) {
  const std::string role(60, 'r');
  EXPECT_TRUE(request_of(R"({"service": "shop", "count": 99, "role": ")" + role + "\"}"));
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "count": 100, "role": ")" + role + "\"}"), "role");
}

TEST(GrantRequestJson, RolesAreDistinctNames) {
  EXPECT_THAT(request_of(R"({"service": "shop", "roles": ["http", "debug"]})")->roles, ElementsAre("http", "debug"));
  for (const char* roles : {"[]", "[\"a\", \"a\"]", "[1]", "[\"A\"]", "\"a\"", "{}"}) {
    EXPECT_EQ(refused_field_of_request(std::string(R"({"service": "shop", "roles": )") + roles + "}"), "roles")
        << roles;
  }
}

TEST(GrantRequestJson, RoleRolesAndCountDoNotContradictEachOther) {
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "roles": ["a"], "role": "a"})"), "role");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "roles": ["a"], "count": 1})"), "count");
}

TEST(GrantRequestJson, RolesBesideAMistakeInRoleOrCountAreRefused) {
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "roles": ["a"], "count": "two"})"), "count");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "roles": ["a"], "role": "-"})"), "role");
}

TEST(GrantRequestJson, OnePortIsForOneRole) {
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "roles": ["a", "b"], "port": 20100})"), "port");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "count": 2, "port": 20100})"), "port");
  EXPECT_TRUE(request_of(R"({"service": "shop", "roles": ["a"], "port": 20100})"));
}

TEST(GrantRequestJson, TtlBelongsToKindTtl) {
  EXPECT_TRUE(request_of(R"({"service": "shop", "ttl": "30s"})"));
  EXPECT_TRUE(request_of(R"({"service": "shop", "kind": "ttl"})"));
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "kind": "sticky", "ttl": "30s"})"), "ttl");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "ttl": "0s"})"), "ttl");
}

TEST(GrantRequestJson, WaitNeedsToBeTheAnswerToAConflictAndEndsIn10Minutes) {
  EXPECT_TRUE(request_of(R"({"service": "shop", "on_conflict": "wait", "wait": "10m"})"));
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "on_conflict": "wait", "wait": "601s"})"), "wait");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "wait": "1s"})"), "wait");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "on_conflict": "fail", "wait": "1s"})"), "wait");
}

TEST(GrantRequestJson, OnlyProcessLeasesNeedNoService) {
  EXPECT_TRUE(request_of(R"({"kind": "process"})"));
  EXPECT_EQ(refused_field_of_request("{}"), "service");
  EXPECT_EQ(refused_field_of_request(R"({"kind": "sticky"})"), "service");
}

TEST(GrantRequestJson, NullAsPidMeansNoProcess) {
  const GrantRequest request = request_of(R"({"service": "shop", "pid": null})").value();
  EXPECT_TRUE(request.no_holder);
  EXPECT_FALSE(request.pid);
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "pid": 0})"), "pid");
  EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "pid": 4294967296})"), "pid");
}

TEST(GrantRequestJson, CwdIsAnAbsolutePath) {
  for (const std::string& cwd :
       {std::string("shop"), std::string(), std::string("/a\\u0000b"), "/" + std::string(4095, 'a')}) {
    EXPECT_EQ(refused_field_of_request(R"({"service": "shop", "cwd": ")" + cwd + "\"}"), "cwd");
  }
  EXPECT_TRUE(request_of(R"({"service": "shop", "cwd": "/)" + std::string(4094, 'a') + "\"}"));
}

TEST(GrantRequestJson, IsAnObject) {
  for (const char* text : {"[]", "1", "null", "\"shop\""}) EXPECT_FALSE(request_of(text)) << text;
}

Result<LeasePatch> read_patch(std::string_view text) { return lease_patch_from_json(parse_json(text).value()); }

TEST(LeasePatchJson, EmptyRenews) { EXPECT_EQ(dump_json(to_json(read_patch("{}").value())), "{}"); }

TEST(LeasePatchJson, IsReadBackAsItWasWritten) {
  for (const char* text : {R"({"ttl":"30s","kind":"ttl","hold":"strict","pid":42,"cwd":"/home/me"})", R"({"ttl":"1h"})",
                           R"({"kind":"sticky"})"}) {
    EXPECT_EQ(dump_json(to_json(read_patch(text).value())), text);
  }
}

TEST(LeasePatchJson, RefusesWhatCannotBeChanged) {
  for (const char* text : {R"({"port": 20101})", R"({"kind": "sticky", "ttl": "30s"})", R"({"pid": null})",
                           R"({"hold": "tight"})", R"({"cwd": "x"})", "[]"}) {
    EXPECT_FALSE(read_patch(text)) << text;
  }
}

}  // namespace
}  // namespace portd
