#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/service_json.hpp"

namespace portd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const InstanceKey self{"acme", "shop", "blue"};

Result<Declaration> declaration_of(std::string_view text) {
  return declaration_from_json(parse_json(text).value(), self);
}

// The field that a refusal names, and that it is a 422.
std::string refused_field_of_declaration(const std::string& text) {
  const auto declaration = declaration_of(text);
  if (declaration) return "";
  EXPECT_EQ(row_of(declaration.error().problem).http_status, 422);
  return declaration.error().facts.empty() ? "?" : std::get<std::string>(declaration.error().facts.at(0).value);
}

// The declaration of one check; `fields`: of its JSON.
std::string with_check(const std::string& fields) { return R"({"checks": [{)" + fields + "}]}"; }
Check check_of(const std::string& fields) { return declaration_of(with_check(fields)).value().checks.at(0); }
std::string refused_field_of_check(const std::string& fields) {
  return refused_field_of_declaration(with_check(fields));
}

std::string array_of(std::size_t count, const std::string& each) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + each;
  return text + "]";
}

// --- the service ----------------------------------------------------------------------------------------------------

TEST(DeclarationJson, NeedsNothing) { EXPECT_EQ(declaration_of("{}").value(), Declaration{}); }

TEST(DeclarationJson, TakesEveryField) {
  const Declaration declaration = declaration_of(R"({"port": 20100, "host": "127.0.0.1", "tags": ["web", "beta", "web"],
      "metadata": {"team": "checkout"}, "depends_on": [{"service": "db"}], "checks": [{"type": "tcp"}]})")
                                      .value();
  EXPECT_EQ(declaration.port, Port(20100));
  EXPECT_EQ(declaration.host, "127.0.0.1");
  EXPECT_THAT(declaration.tags, ElementsAre("web", "beta"));
  EXPECT_EQ(declaration.metadata.at("team"), "checkout");
  EXPECT_EQ(declaration.depends_on.size(), 1U);
  EXPECT_EQ(declaration.checks.size(), 1U);
}

TEST(DeclarationJson, WritesOnlyWhatWasStated) {
  for (const char* text :
       {"{}",
        R"({"port":20100,"host":"::1","tags":["web"],"metadata":{"team":"checkout"},"depends_on":[{"project":"acme",)"
        R"("service":"db","instance":"blue","condition":"healthy","required":false}],"checks":[{"id":"up",)"
        R"("type":"http","path":"/up?x=1","method":"POST","expect_status":[200,302],"expect_body":"ok",)"
        R"("interval":"5s","timeout":"1s","start_interval":"100ms","start_period":"1m","failures":2,"successes":3},)"
        R"({"id":"url","type":"http","url":"http://[::1]:8080/"},{"id":"tcp","type":"tcp"},)"
        R"({"id":"beat","type":"ttl","ttl":"15s"}]})"}) {
    EXPECT_EQ(dump_json(to_json(declaration_of(text).value())), text);
  }
}

TEST(DeclarationJson, UnknownFieldsAreRefusedWithTheNearestOne) {
  EXPECT_THAT(declaration_of(R"({"tag": []})").error().detail, HasSubstr("no field \"tag\"; did you mean \"tags\"?"));
  EXPECT_THAT(declaration_of(R"({"depends_on": [{"servise": "db"}]})").error().detail,
              HasSubstr("did you mean \"service\"?"));
  EXPECT_THAT(declaration_of(with_check(R"("type": "tcp", "intervall": "1s")")).error().detail,
              HasSubstr("did you mean \"interval\"?"));
  EXPECT_EQ(refused_field_of_declaration(R"({"colour": 1})"), "colour");
}

TEST(DeclarationJson, WrongTypesNameTheField) {
  for (const char* field : {"port", "host", "tags", "depends_on", "checks"}) {
    EXPECT_EQ(refused_field_of_declaration(std::string(R"({")") + field + R"(": {}})"), field);
  }
  EXPECT_EQ(refused_field_of_declaration(R"({"metadata": []})"), "metadata");
  EXPECT_EQ(refused_field_of_declaration(R"({"port": null})"), "port");
  for (const char* text : {"[]", "1", "null", "\"shop\""}) EXPECT_FALSE(declaration_of(text)) << text;
}

TEST(DeclarationJson, PortsAreWholeNumbersInRange) {
  for (const char* port : {"0", "65536", "-1", "20100.0", "\"20100\"", "18446744073709551615"}) {
    EXPECT_EQ(refused_field_of_declaration(std::string(R"({"port": )") + port + "}"), "port") << port;
  }
}

TEST(DeclarationJson, HostsAreNamesOrAddressesWithoutSchemeAndPort) {
  for (const char* host : {"localhost", "shop.localhost", "127.0.0.1", "::1", "fe80::1", "my_host-1"}) {
    EXPECT_EQ(declaration_of(std::string(R"({"host": ")") + host + "\"}")->host, host);
  }
  for (const char* host : {"", "LOCALHOST", "http://localhost", "localhost:8080", "127.0.0.1:80", "[::1]", "::1::2",
                           ":", "a b", "a/b", "a@b", "h\\u0000"}) {
    EXPECT_EQ(refused_field_of_declaration(std::string(R"({"host": ")") + host + "\"}"), "host") << host;
  }
  EXPECT_EQ(refused_field_of_declaration(R"({"host": ")" + std::string(254, 'a') + "\"}"), "host");
}

TEST(DeclarationJson, TagsAreAtMost32Names) {
  for (const char* tags : {"[1]", "[\"A\"]", "[\"\"]", "[null]", "\"web\""}) {
    EXPECT_EQ(refused_field_of_declaration(std::string(R"({"tags": )") + tags + "}"), "tags") << tags;
  }
  EXPECT_TRUE(declaration_of(R"({"tags": )" + array_of(32, "\"a\"") + "}"));
  EXPECT_EQ(refused_field_of_declaration(R"({"tags": )" + array_of(33, "\"a\"") + "}"), "tags");
  EXPECT_THAT(declaration_of(R"({"tags": [1]})").error().detail, HasSubstr("strings"));
}

TEST(DeclarationJson, MetadataAreStringsOfLimitedLength) {
  const auto metadata = [](std::size_t name, std::size_t value) {
    return R"({"metadata": {")" + std::string(name, 'n') + R"(": ")" + std::string(value, 'v') + "\"}}";
  };
  EXPECT_TRUE(declaration_of(metadata(128, 1024)));
  EXPECT_EQ(refused_field_of_declaration(metadata(129, 1)), "metadata");
  EXPECT_EQ(refused_field_of_declaration(metadata(1, 1025)), "metadata");
  EXPECT_EQ(refused_field_of_declaration(R"({"metadata": {"a": 1}})"), "metadata");
  EXPECT_EQ(refused_field_of_declaration(R"({"metadata": {"a": {"b": "c"}}})"), "metadata");
}

TEST(DeclarationJson, MetadataAreAtMost64) {
  Json json = Json::object();
  for (int i = 0; i < 64; ++i) json["metadata"]["n" + std::to_string(i)] = "v";
  EXPECT_TRUE(declaration_from_json(json, self));
  json["metadata"]["more"] = "v";
  EXPECT_FALSE(declaration_from_json(json, self));
}

// --- dependencies ---------------------------------------------------------------------------------------------------

TEST(DependencyJson, WhatIsLeftOutIsTheSameThere) {
  const auto dependencies = declaration_of(R"({"depends_on": [{"service": "db"}]})")->depends_on;
  EXPECT_THAT(dependencies, ElementsAre(Dependency{{"acme", "db", "blue"}, Condition::started, true}));
}

TEST(DependencyJson, MayStateEverything) {
  const auto dependencies = declaration_of(R"({"depends_on": [{"service": "db", "project": "infra", "instance": "main",
      "condition": "healthy", "required": false}]})")
                                ->depends_on;
  EXPECT_THAT(dependencies, ElementsAre(Dependency{{"infra", "db", "main"}, Condition::healthy, false}));
}

TEST(DependencyJson, RefusesWhatIsNone) {
  for (const char* dependency :
       {"{}", "[]", "\"db\"", R"({"service": 1})", R"({"service": "A b"})", R"({"service": "db", "project": ""})",
        R"({"service": "db", "instance": "A"})", R"({"service": "db", "condition": "up"})",
        R"({"service": "db", "required": "no"})", R"({"service": "db", "role": "http"})"}) {
    EXPECT_EQ(refused_field_of_declaration(std::string(R"({"depends_on": [)") + dependency + "]}"), "depends_on")
        << dependency;
  }
}

TEST(DependencyJson, NamesEachServiceOnce) {
  const char* twice = R"({"depends_on": [{"service": "db"}, {"service": "db", "instance": "blue"}]})";
  EXPECT_EQ(refused_field_of_declaration(twice), "depends_on");
  EXPECT_THAT(declaration_of(twice).error().detail, HasSubstr("acme/db@blue twice"));
  EXPECT_TRUE(declaration_of(R"({"depends_on": [{"service": "db"}, {"service": "db", "instance": "green"}]})"));
}

TEST(DependencyJson, AreAtMost64) {
  EXPECT_EQ(refused_field_of_declaration(R"({"depends_on": )" + array_of(65, R"({"service": "db"})") + "}"),
            "depends_on");
}

// --- checks ---------------------------------------------------------------------------------------------------------

TEST(CheckJson, HasTheDefaultsOfTheContract) {
  const Check check = check_of(R"("type": "http")");
  EXPECT_EQ(check.http, HttpExpectation{});
  EXPECT_EQ(check.http.path, "/");
  EXPECT_EQ(check.http.method, "GET");
  EXPECT_EQ(check.schedule.interval, Millis(10'000));
  EXPECT_EQ(check.schedule.timeout, Millis(2'000));
  EXPECT_EQ(check.schedule.start_interval, Millis(250));
  EXPECT_EQ(check.schedule.start_period, Millis(30'000));
  EXPECT_EQ(check.schedule.failures, 3);
  EXPECT_EQ(check.schedule.successes, 1);
  EXPECT_EQ(check_of(R"("type": "ttl")").schedule.interval, Millis(30'000));
}

std::vector<std::string> ids(const std::string& checks) {
  const Declaration declaration = declaration_of(R"({"checks": )" + checks + "}").value();
  std::vector<std::string> ids;
  for (const Check& check : declaration.checks) ids.push_back(check.id);
  return ids;
}

TEST(CheckJson, AreCalledByTheirTypeUnlessTheyHaveAnId) {
  EXPECT_THAT(ids(R"([{"type": "http"}, {"type": "tcp"}, {"type": "http"}, {"type": "http"}])"),
              ElementsAre("http", "tcp", "http-2", "http-3"));
  EXPECT_THAT(ids(R"([{"type": "http"}, {"type": "tcp", "id": "http"}, {"type": "ttl", "id": "http-2"}])"),
              ElementsAre("http-3", "http", "http-2"));
}

TEST(CheckJson, NoTwoHaveTheSameId) {
  const char* twice = R"({"checks": [{"type": "http", "id": "up"}, {"type": "tcp", "id": "up"}]})";
  EXPECT_EQ(refused_field_of_declaration(twice), "checks");
  EXPECT_THAT(declaration_of(twice).error().detail, HasSubstr("two with the id \"up\""));
}

TEST(CheckJson, AreAtMost16) {
  EXPECT_EQ(ids(array_of(16, R"({"type": "tcp"})")).size(), 16U);
  EXPECT_EQ(refused_field_of_declaration(R"({"checks": )" + array_of(17, R"({"type": "tcp"})") + "}"), "checks");
}

TEST(CheckJson, NeedsATypeThatThereIs) {
  EXPECT_EQ(refused_field_of_check(R"("path": "/")"), "type");
  EXPECT_EQ(refused_field_of_check(R"("type": 1)"), "type");
  EXPECT_THAT(declaration_of(with_check(R"("type": "htpp")")).error().detail, HasSubstr("did you mean \"http\"?"));
  EXPECT_FALSE(declaration_of(R"({"checks": ["http"]})"));
}

TEST(CheckJson, ACommandIsForbiddenWhateverElseItSays) {
  for (const char* fields :
       {R"("type": "command", "command": ["rm", "-r"])", R"("type": "command")", R"("colour": 1, "type": "command")"}) {
    const auto refused = declaration_of(with_check(fields));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().problem, Problem::command_not_allowed);
    EXPECT_THAT(refused.error().detail, HasSubstr("checks.commands"));
  }
}

TEST(CheckJson, AUrlGivesHostPortAndTarget) {
  const auto http = [](const std::string& url) { return check_of(R"("type": "http", "url": ")" + url + "\"").http; };
  EXPECT_EQ(http("http://localhost:8080/up?x=1").path, "/up?x=1");
  EXPECT_EQ(http("http://localhost:8080/up").port, Port(8080));
  EXPECT_EQ(http("http://localhost").port, Port(80));
  EXPECT_EQ(http("http://localhost").path, "/");
  EXPECT_EQ(http("http://localhost?x").path, "/?x");
  EXPECT_EQ(http("http://[::1]:80/").host, "::1");
  EXPECT_EQ(http("http://LocalHost/").host, "localhost");
}

TEST(CheckJson, RefusesAUrlThatItCannotAsk) {
  for (const char* url : {"https://localhost/", "ftp://localhost/", "localhost:8080", "/up", "", "http://", "http:///x",
                          "http://a b/", "http://me@localhost/", "http://localhost/#top", "http://localhost:0/",
                          "http://localhost:65536/", "http://localhost:99999999999/", "http://a%2fb/",
                          "http://localhost/\\u0001", "http://localhost/é", "http://127.0.0.1.example.com:8080/up"}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "http", "url": ")") + url + "\""), "url") << url;
  }
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "url": "http://a/)" + std::string(2048, 'x') + "\""), "url");
  EXPECT_THAT(declaration_of(with_check(R"("type": "http", "url": "https://localhost/")")).error().detail,
              HasSubstr("type tcp"));
}

TEST(CheckJson, RefusesAPathThatIsNoTarget) {
  for (const char* path : {"", "up", "/a b", "/a\\r\\nHost: evil", "/#top", "/é", "http://localhost/"}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "http", "path": ")") + path + "\""), "path") << path;
  }
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "path": "/)" + std::string(2048, 'x') + "\""), "path");
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "path": "/", "url": "http://localhost/")"), "path");
}

TEST(CheckJson, MethodsAreThoseThatAskOnly) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "POST"}) {
    EXPECT_EQ(check_of(std::string(R"("type": "http", "method": ")") + method + "\"").http.method, method);
  }
  for (const char* method : {"get", "DELETE", "", "GET / HTTP/1.1"}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "http", "method": ")") + method + "\""), "method");
  }
}

TEST(CheckJson, ExpectsOneStatusOrSeveral) {
  EXPECT_THAT(check_of(R"("type": "http", "expect_status": 204)").http.statuses, ElementsAre(204));
  EXPECT_THAT(check_of(R"("type": "http", "expect_status": [200, 302])").http.statuses, ElementsAre(200, 302));
  for (const char* statuses : {"[]", "99", "600", "\"200\"", "200.0", "[200, null]", "18446744073709551815", "{}"}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "http", "expect_status": )") + statuses), "expect_status")
        << statuses;
  }
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "expect_status": )" + array_of(33, "200")), "expect_status");
}

TEST(CheckJson, ExpectsABodyWhereThereIsOne) {
  EXPECT_EQ(check_of(R"("type": "http", "expect_body": "ok")").http.body, "ok");
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "expect_body": "ok", "method": "HEAD")"), "expect_body");
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "expect_body": ")" + std::string(1025, 'x') + "\""),
            "expect_body");
}

TEST(CheckJson, FieldsBelongToTheirType) {
  for (const char* field : {"url", "path", "method", "expect_status", "expect_body"}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "tcp", ")") + field + "\": \"/\""), field);
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "ttl", ")") + field + "\": \"/\""), field);
  }
  for (const char* field : {"interval", "timeout", "start_interval", "start_period", "failures", "successes"}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "ttl", ")") + field + "\": \"1s\""), field);
  }
  EXPECT_EQ(refused_field_of_check(R"("type": "http", "ttl": "30s")"), "ttl");
  EXPECT_EQ(refused_field_of_check(R"("type": "tcp", "ttl": "30s")"), "ttl");
}

// A field of a tcp check, its least and its greatest value, and those beyond.
struct Limit {
  const char* type;
  const char* field;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(CheckJson, TheScheduleHasLimits) {
  const std::vector<Limit> limits{
      {"tcp", "interval", {"\"50ms\"", "\"24h\""}, {"\"49ms\"", "\"25h\"", "\"0s\"", "1", "\"fast\""}},
      {"tcp", "timeout", {"\"10ms\"", "\"60s\""}, {"\"9ms\"", "\"61s\""}},
      {"tcp", "start_interval", {"\"50ms\"", "\"24h\""}, {"\"49ms\"", "\"25h\""}},
      {"tcp", "start_period", {"\"0s\"", "\"24h\""}, {"\"25h\"", "\"-1s\""}},
      {"tcp", "failures", {"1", "100"}, {"0", "101", "\"3\"", "1.5"}},
      {"tcp", "successes", {"1", "100"}, {"0", "101"}},
      {"ttl", "ttl", {"\"50ms\"", "\"24h\""}, {"\"49ms\"", "\"25h\"", "30"}},
  };
  for (const auto& [type, field, good, bad] : limits) {
    const std::string start = std::string(R"("type": ")") + type + R"(", ")" + field + "\": ";
    for (const std::string& value : good) EXPECT_EQ(refused_field_of_check(start + value), "") << field << value;
    for (const std::string& value : bad) EXPECT_EQ(refused_field_of_check(start + value), field) << value;
  }
}

TEST(CheckJson, IdsAreNames) {
  for (const char* id : {"\"\"", "\"A\"", "1", "\"a/b\""}) {
    EXPECT_EQ(refused_field_of_check(std::string(R"("type": "tcp", "id": )") + id), "id") << id;
  }
}

}  // namespace
}  // namespace portd
