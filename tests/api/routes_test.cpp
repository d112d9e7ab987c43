#include "daemon/api/routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "common/json.hpp"
#include "daemon/api/openapi.hpp"
#include "daemon/core/alerts.hpp"
#include "daemon/core/event.hpp"

namespace portd::api {
namespace {

using Operation = std::tuple<std::string, std::string, std::string>;  // method, pattern, operation id

Json document() { return Json::parse(openapi_document()); }

std::set<Operation> documented() {
  const std::set<std::string> methods{"get", "put", "post", "delete", "patch", "head", "options"};
  std::set<Operation> operations;
  const Json whole = document();
  for (const auto& [path, item] : whole.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (!methods.contains(method)) continue;
      std::string upper = method;
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      operations.emplace(upper, path, operation.at("operationId"));
    }
  }
  return operations;
}

std::set<Operation> routed() {
  std::set<Operation> operations;
  for (const Route& route : routes()) operations.emplace(route.method, route.pattern, route.operation);
  return operations;
}

template <class E>
std::set<std::string> words() {
  std::set<std::string> all;
  for (const auto& [value, word] : Words<E>::table) all.emplace(word);
  return all;
}

std::set<std::string> documented_words(const std::string& pointer) {
  return document().at(Json::json_pointer("/components/schemas/" + pointer)).get<std::set<std::string>>();
}

TEST(Routes, TheTableAndTheOpenapiDocumentHoldTheSame) { EXPECT_EQ(routed(), documented()); }

TEST(Routes, TheDocumentIsOfThisVersion) { EXPECT_EQ(document().at("info").at("version"), PORTD_VERSION); }

TEST(Routes, TheDocumentListsEveryProblem) {
  std::set<std::string> types;
  for (int i = 0; i <= static_cast<int>(Problem::disk_full); ++i) {
    types.insert("urn:portd:problem:" + std::string(row_of(static_cast<Problem>(i)).slug));
  }
  EXPECT_EQ(documented_words("Problem/properties/type/enum"), types);
}

TEST(Routes, TheDocumentListsTheWordsOfEveryVocabulary) {
  EXPECT_EQ(documented_words("Kind/enum"), words<LeaseKind>());
  EXPECT_EQ(documented_words("State/enum"), words<LeaseState>());
  EXPECT_EQ(documented_words("Hold/enum"), words<HoldMode>());
  EXPECT_EQ(documented_words("Protocol/enum"), words<Protocol>());
  EXPECT_EQ(documented_words("Strategy/enum"), words<Strategy>());
  EXPECT_EQ(documented_words("OnConflict/enum"), words<OnConflict>());
  EXPECT_EQ(documented_words("Verdict/enum"), words<Verdict>());
  EXPECT_EQ(documented_words("AlertKind/enum"), words<AlertKind>());
  EXPECT_EQ(documented_words("AlertState/enum"), words<AlertState>());
  EXPECT_EQ(documented_words("Status/enum"), words<Status>());
  EXPECT_EQ(documented_words("CheckType/enum"), words<CheckType>());
  EXPECT_EQ(documented_words("Condition/enum"), words<Condition>());
  auto events = words<core::EventKind>();
  events.insert("reset");
  EXPECT_EQ(documented_words("EventKind/enum"), events);
}

TEST(Routes, APortInThePathIsHandedOver) {
  const Match match = find_route("GET", "/ports/20000");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->operation, "showPort");
  EXPECT_EQ(match.path_values[0], "20000");
}

TEST(Routes, TwoNamesInAPathAreHandedOverInOrder) {
  const Match match = find_route("PUT", "/services/shop/checks/up");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->operation, "takeHeartbeat");
  EXPECT_EQ(match.path_values, (PathValues{"shop", "up"}));
}

TEST(Routes, OnTheHostOfANameEveryPathIsOneRoute) {
  const Match match = name_route("HEAD", "shop");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.path_values[0], "shop");
  EXPECT_EQ(name_route("POST", "shop").allowed, "GET, HEAD");
}

TEST(Routes, HeadLeadsToWhereGetDoes) {
  EXPECT_EQ(find_route("HEAD", "/health").route, find_route("GET", "/health").route);
}

TEST(Routes, AnotherMethodIsToldWhatThePathTakes) {
  const Match match = find_route("PUT", "/ports");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed, "GET, HEAD, POST, DELETE");
}

TEST(Routes, PathsAreComparedAsTheyAre) {
  for (const char* path :
       {"/ports/", "/ports/1/2", "//ports", "/ports/../health", "/%70orts", "/PORTS", "/x", "/ports/1/"}) {
    const Match match = find_route("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allowed, "") << path;
  }
}

}  // namespace
}  // namespace portd::api
