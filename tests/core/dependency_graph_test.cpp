#include "daemon/core/dependency_graph.hpp"

#include <gtest/gtest.h>

namespace portd::core {
namespace {

InstanceKey key(const std::string& service) {
  InstanceKey key;
  key.service = service;
  return key;
}

std::vector<Dependency> on(const std::vector<std::string>& services, bool required = true) {
  std::vector<Dependency> dependencies;
  for (const std::string& service : services) dependencies.push_back({key(service), Condition::started, required});
  return dependencies;
}

std::vector<std::string> texts(const std::vector<InstanceKey>& keys) {
  std::vector<std::string> texts;
  for (const InstanceKey& each : keys) texts.push_back(each.text());
  return texts;
}

const Dependencies chain{{key("web"), on({"api"})}, {key("api"), on({"db"})}, {key("db"), {}}};

TEST(DependencyGraph, ACycleIsNamedFromTheFirstDependencyRoundToIt) {
  EXPECT_EQ(arrows(cycle_with(chain, key("db"), on({"web"}))), "web → api → db → web");
}

TEST(DependencyGraph, WhoDependsOnItselfIsACycle) {
  EXPECT_EQ(arrows(cycle_with({}, key("web"), on({"web"}))), "web → web");
}

TEST(DependencyGraph, AnUnknownDependencyIsNoCycle) {
  EXPECT_TRUE(cycle_with(chain, key("web"), on({"api", "cache"})).empty());
}

TEST(DependencyGraph, WhatIsReplacedDoesNotCount) {
  Dependencies registered = chain;
  registered[key("db")] = on({"cache"});
  EXPECT_TRUE(cycle_with(registered, key("web"), on({"db"})).empty());
}

TEST(DependencyGraph, TwoWaysToTheSameServiceAreNoCycle) {
  Dependencies registered{{key("a"), on({"c"})}, {key("b"), on({"c"})}, {key("c"), {}}};
  EXPECT_TRUE(cycle_with(registered, key("top"), on({"a", "b"})).empty());
}

TEST(DependencyGraph, AChainOfThousandsIsWalkedWithoutRecursion) {
  Dependencies registered;
  for (int i = 0; i < 20'000; ++i) registered[key("s" + std::to_string(i))] = on({"s" + std::to_string(i + 1)});
  EXPECT_EQ(cycle_with(registered, key("s20000"), on({"s0"})).size(), 20'002U);
}

TEST(DependencyGraph, DependenciesComeFirstInTheStartOrder) {
  Dependencies registered = chain;
  registered[key("cache")] = {};
  EXPECT_EQ(texts(start_order(registered)), (std::vector<std::string>{"cache", "db", "api", "web"}));
}

TEST(DependencyGraph, WhatIsOnlyDependedOnIsInTheStartOrder) {
  EXPECT_EQ(texts(start_order({{key("web"), on({"queue"})}})), (std::vector<std::string>{"queue", "web"}));
}

TEST(DependencyGraph, TheRootIsNamedToAllThatNeedIt) {
  const auto affected = affected_by(chain, {key("db")});
  EXPECT_EQ(texts(affected.at(key("api"))), (std::vector<std::string>{"db"}));
  EXPECT_EQ(texts(affected.at(key("web"))), (std::vector<std::string>{"db"}));
  EXPECT_FALSE(affected.contains(key("db")));
}

TEST(DependencyGraph, ACriticalServiceThatNeedsACriticalOneIsNoRoot) {
  const auto affected = affected_by(chain, {key("api"), key("db")});
  EXPECT_EQ(texts(affected.at(key("web"))), (std::vector<std::string>{"db"}));
}

TEST(DependencyGraph, AnOptionalDependencyAffectsNobody) {
  EXPECT_TRUE(affected_by({{key("web"), on({"cache"}, false)}, {key("cache"), {}}}, {key("cache")}).empty());
}

}  // namespace
}  // namespace portd::core
