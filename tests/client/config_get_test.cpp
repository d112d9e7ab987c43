#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::HasSubstr;

TEST(ConfigGetVerb, PrintsTheBareValue) {
  const PortcWorld world;
  world.write(".config/portd/portd.yaml", "ports: {strategy: next, exclude: [25565]}\napi: {port: 7800}\n");
  EXPECT_EQ(world.run({"config", "get", "ports.strategy"}).out, "next\n");
  EXPECT_EQ(world.run({"config", "get", "api.port"}).out, "7800\n");
  EXPECT_EQ(world.run({"config", "get", "history.enabled"}).out, "true\n");
  EXPECT_EQ(*parse_json(world.run({"config", "get", "ports.exclude"}).out), Json::array({25565}));
}

TEST(ConfigGetVerb, JsonIsTheValueAlone) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"config", "get", "ports.strategy", "--json"}).out, "\"hash\"\n");
}

TEST(ConfigGetVerb, AMapIsEverythingBelowIt) {
  const PortcWorld world;
  world.write("shop/portd.yaml", "services: {web: {env: {A: x, B: \"1\"}, metadata: {\"a.b\": c}}}\n");
  EXPECT_EQ(*parse_json(world.run({"config", "get", "services.web"}).out),
            *parse_json(R"({"env": {"A": "x", "B": "1"}, "metadata": {"a.b": "c"}})"));
  EXPECT_EQ(world.run({"config", "get", "services.\"web\".metadata.\"a.b\""}).out, "c\n");
}

TEST(ConfigGetVerb, WhatIsNotSetExitsWithThreeAndOffersTheNearest) {
  const PortcWorld world;
  const auto ran = world.run({"config", "get", "ports.stratgy"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: \"ports.stratgy\" is not set; did you mean \"ports.strategy\"?\n");
}

TEST(ConfigGetVerb, WhatIsNoKeyIsAUsageError) {
  const PortcWorld world;
  const auto ran = world.run({"config", "get", "ports."});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("is not a key"));
}

TEST(ConfigGetVerb, FlagsVariablesAndTheEnvironmentWin) {
  PortcWorld world;
  world.write("shop/portd.yaml",
              "services: {web: {tags: [a]}}\n"
              "environments: {testing: {services: {web: {tags: [b]}}}}\n"
              "instances: {blue: {services: {web: {tags: [c]}}}}\n");
  const auto tags = [&world](std::vector<std::string> options) {
    options.insert(options.begin(), {"config", "get", "services.web.tags"});
    return *parse_json(world.run(options).out);
  };
  EXPECT_EQ(tags({}), Json::array({"a"}));
  EXPECT_EQ(tags({"--env", "testing"}), Json::array({"b"}));
  EXPECT_EQ(tags({"--env", "testing", "--instance", "blue"}), Json::array({"c"}));
  world.environment.variables["PORTD_CFG_SERVICES__WEB__TAGS"] = "d";
  EXPECT_EQ(tags({"--instance", "blue"}), Json::array({"d"}));
  EXPECT_EQ(tags({"--set", "services.web.tags=e, f"}), Json::array({"e", "f"}));
}

}  // namespace
}  // namespace portd::client
