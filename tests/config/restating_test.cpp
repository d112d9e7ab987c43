#include "config/restating.hpp"

#include <gtest/gtest.h>

namespace portd::config {
namespace {

std::string restated_yaml(const std::string& content, const std::string& settings) {
  const auto text = restated("portd.yaml", content, Json::parse(settings));
  return text ? *text : "error: " + text.error().detail;
}

TEST(Restating, WhatIsTheSameStaysAsItIsWritten) {
  const std::string content =
      "# mine\nports:\n  strategy: \"next\"  # low\n  exclude: [1, '2-3']\nlog:\n  #level: info\n";
  EXPECT_EQ(restated_yaml(content, R"({"ports": {"exclude": [1, "2-3"], "strategy": "next"}})"), content);
}

TEST(Restating, ChangesOneValueAndKeepsTheComments) {
  EXPECT_EQ(restated_yaml("ports:\n  # how\n  strategy: next  # low\n", R"({"ports": {"strategy": "hash"}})"),
            "ports:\n  # how\n  strategy: hash  # low\n");
}

TEST(Restating, AddsAndTakesOut) {
  const std::string text =
      restated_yaml("api: {port: 7800}\nports:\n  strategy: next\n  hold: none\n",
                    R"({"ports": {"strategy": "next", "exclude": [5, "7-9"]}, "leases": {"ttl": "1m"}})");
  const Document document = read_text("portd.yaml", text, Layer::user);
  EXPECT_EQ(as_stated(document.root),
            Json::parse(R"({"ports": {"strategy": "next", "exclude": [5, "7-9"]}, "leases": {"ttl": "1m"}})"))
      << text;
}

TEST(Restating, BeginsAnEmptyFile) {
  EXPECT_EQ(as_stated(read_text("portd.yaml", restated_yaml("", R"({"log": {"level": "debug"}})"), Layer::user).root),
            Json::parse(R"({"log": {"level": "debug"}})"));
  EXPECT_EQ(restated_yaml("# nothing yet\n", "{}"), "# nothing yet\n");
}

TEST(Restating, NullIsStatedAndTakenBack) {
  const std::string text = restated_yaml("leases:\n  ttl: 1m\n", R"({"leases": {"ttl": null}})");
  EXPECT_EQ(as_stated(read_text("portd.yaml", text, Layer::user).root), Json::parse(R"({"leases": {"ttl": null}})"));
  EXPECT_EQ(restated_yaml(text, R"({"leases": {"ttl": "1m"}})"), "leases:\n  ttl: 1m\n");
}

TEST(Restating, ATextThatLooksLikeANumberStaysAText) {
  const std::string text = restated_yaml("", R"({"checks": {"allowed_hosts": ["10", "true", "a.b"]}})");
  EXPECT_EQ(as_stated(read_text("portd.yaml", text, Layer::user).root),
            Json::parse(R"({"checks": {"allowed_hosts": ["10", "true", "a.b"]}})"))
      << text;
}

TEST(Restating, AJsonFileStaysJson) {
  const auto text = restated("portd.json", "{\"ports\": {\"strategy\": \"next\"}}", Json::parse(R"({"ports": {}})"));
  ASSERT_TRUE(text);
  EXPECT_EQ(Json::parse(*text), Json::parse(R"({"ports": {}})"));
}

TEST(Restating, AFileWithMistakesIsNotTouched) {
  const auto text = restated("portd.yaml", "ports: {strategy\n", Json::object());
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().problem, Problem::invalid_value);
}

TEST(Restating, ThousandsOfChangesAreRefused) {
  Json settings{{"ports", {{"ranges", Json::object()}}}};
  for (int i = 0; i < 1000; ++i) settings["ports"]["ranges"]["r" + std::to_string(i)] = "1-2";
  EXPECT_TRUE(restated("portd.yaml", "", settings));
  settings["ports"]["ranges"]["a"] = "1-2";
  EXPECT_FALSE(restated("portd.yaml", "ports:\n  ranges:\n    a: 1-2\n", settings));
}

}  // namespace
}  // namespace portd::config
