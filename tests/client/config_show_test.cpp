#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* running_settings = R"({
    "file": "/home/dev/.config/portd/portd.yaml", "content": "",
    "settings": {"api": {"port": 7701}, "ports": {"strategy": "random", "exclude": [1, 2]}, "checks": {"commands": {}}},
    "origins": {"api.port": {"layer": "flag", "where": "--port"},
                "ports.strategy": {"layer": "user", "where": "/home/dev/.config/portd/portd.yaml:1:19"},
                "ports.exclude": {"layer": "built-in", "where": "built-in"}},
    "restart_needed": [], "warnings": []})";

// What `--json` shows of one key; null: nothing.
Json shown_of(const PortcWorld& world, const std::string& key, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"config", "show", "--json"});
  const Json settings = parse_json(world.run(options).out)->at("settings");
  const auto found = std::ranges::find_if(settings, [&key](const Json& each) { return each.at("key") == key; });
  return found == settings.end() ? Json() : *found;
}

TEST(ConfigShowVerb, ShowsEverySettingWithoutAPortd) {
  const PortcWorld world;
  world.write(".config/portd/portd.yaml", "ports: {strategy: next}\n");
  const auto ran = world.run({"config", "show"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, ContainsRegex("KEY +VALUE\n"));
  EXPECT_THAT(ran.out, ContainsRegex("api.port +7700\n"));
  EXPECT_THAT(ran.out, ContainsRegex("ports.strategy +next\n"));
  EXPECT_THAT(ran.out, ContainsRegex("ports.exclude +\\[\\]\n"));
}

TEST(ConfigShowVerb, OriginIsTheLayerAndThePlace) {
  PortcWorld world;
  const auto file = world.write(".config/portd/portd.yaml", "ports: {strategy: next}\n");
  world.environment.variables["PORTD_CFG_LEASES__TTL"] = "2m";
  const auto ran = world.run({"config", "show", "--origin", "--set", "ports.hold=none"});
  EXPECT_THAT(ran.out, ContainsRegex("ports.strategy +next +user +" + file.string() + ":1:19\n"));
  EXPECT_THAT(ran.out, ContainsRegex("leases.ttl +2m +variable +PORTD_CFG_LEASES__TTL\n"));
  EXPECT_THAT(ran.out, ContainsRegex("ports.hold +none +flag +--set\n"));
  EXPECT_THAT(ran.out, ContainsRegex("api.port +7700 +built-in +-\n"));
}

TEST(ConfigShowVerb, ShowsTheProjectInItsEnvironmentAndInstance) {
  const PortcWorld world;
  const auto file = world.write("shop/portd.yaml",
                                "services: {web: {tags: [a], env: {DEBUG: \"1\"}}}\n"
                                "environments: {testing: {services: {web: {env: {DEBUG: \"0\"}}}}}\n");
  EXPECT_EQ(
      shown_of(world, "services.web.tags"),
      Json({{"key", "services.web.tags"}, {"value", {"a"}}, {"layer", "project"}, {"where", file.string() + ":1:24"}}));
  const Json other = shown_of(world, "services.web.env.DEBUG", {"--env", "testing"});
  EXPECT_EQ(other.at("value"), "0");
  EXPECT_EQ(other.at("layer"), "environment");
  EXPECT_THAT(world.run({"config", "show"}).out, ContainsRegex("services.web.env.DEBUG +\"1\"\n"));
}

TEST(ConfigShowVerb, ShowsWhatTheRunningPortdUses) {
  PortcWorld world;
  world.write(".config/portd/portd.yaml", "ports: {strategy: next}\n");
  world.answers = {{"GET /config", {200, running_settings}}};
  world.start_portd();
  const auto ran = world.run({"config", "show", "--origin"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex("api.port +7701 +flag +--port\n"));
  EXPECT_THAT(ran.out, ContainsRegex("ports.strategy +random +user +/home/dev/.config/portd/portd.yaml:1:19\n"));
  EXPECT_THAT(ran.out, ContainsRegex("ports.exclude +\\[1, 2\\] +built-in +-\n"));
  EXPECT_THAT(ran.out, ContainsRegex("checks.commands +\\{\\} +built-in +-\n"));
  EXPECT_THAT(ran.out, Not(HasSubstr("history")));
}

TEST(ConfigShowVerb, AnOlderPortdIsPassedOver) {
  PortcWorld world;
  world.write(".config/portd/portd.yaml", "ports: {strategy: next}\n");
  world.answers = {{"GET /config", {404, test::problem(Problem::not_found, "there is no /config")}}};
  world.start_portd();
  EXPECT_EQ(shown_of(world, "ports.strategy").at("value"), "next");
}

TEST(ConfigShowVerb, WhatIsNoConfigurationIsPassedOver) {
  PortcWorld world;
  world.answers = {{"GET /config", {200, "[1, 2]"}}};
  world.start_portd();
  EXPECT_EQ(shown_of(world, "ports.strategy").at("value"), "hash");
}

TEST(ConfigShowVerb, AFlagAsksForTheFilesNotForTheRunningPortd) {
  PortcWorld world;
  world.answers = {{"GET /config", {200, running_settings}}};
  world.start_portd();
  world.write("other.yaml", "ports: {strategy: next}\n");
  EXPECT_EQ(shown_of(world, "ports.strategy", {"--config", "../other.yaml"}).at("value"), "next");
  EXPECT_EQ(shown_of(world, "ports.strategy", {"--set", "ports.strategy=hash"}).at("layer"), "flag");
}

TEST(ConfigShowVerb, AMistakeIsTheConfigurationsExitCodeWithItsPlace) {
  const PortcWorld world;
  const auto file = world.write("shop/portd.yaml", "services: {web: {prts: [http]}}\n");
  const auto ran = world.run({"config", "show"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr(file.string() + ":1:18: error: services.web.prts is not a setting"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"services.web.ports\"?"));
}

TEST(ConfigShowVerb, AStatedFileThatIsNotThereIsAMistake) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"config", "show", "--config", "absent.yaml"}).exit, 78);
}

TEST(ConfigVerb, NeedsAnActionThatThereIs) {
  const PortcWorld world;
  const auto alone = world.run({"config"});
  EXPECT_EQ(alone.exit, 2);
  EXPECT_EQ(alone.err, "portc: config needs an action; see: portc config --help\n");
  const auto unknown = world.run({"config", "shw"});
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_EQ(unknown.err, "portc: config has no action \"shw\"; did you mean \"show\"?\n");
  EXPECT_EQ(world.run({"config", "colour"}).err, "portc: config has no action \"colour\"; see: portc config --help\n");
}

TEST(ConfigVerb, RefusesWhatAnActionDoesNotTake) {
  const PortcWorld world;
  for (const char* extra : {"more", "--more"}) {
    const auto ran = world.run({"config", "show", extra});
    EXPECT_EQ(ran.exit, 2) << extra;
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr(extra));
  }
}

TEST(ConfigVerb, EveryActionHasAHelpWithExamples) {
  const PortcWorld world;
  for (const char* action : {"show", "get", "set", "unset", "edit", "validate", "schema", "path"}) {
    const auto ran = world.run({"config", action, "--help"});
    EXPECT_EQ(ran.exit, 0) << action;
    EXPECT_THAT(ran.out, HasSubstr("Examples:\n  "));
  }
}

TEST(ConfigVerb, SchemaIsJson) {
  const PortcWorld world;
  EXPECT_TRUE(parse_json(world.run({"config", "schema"}).out)->contains("properties"));
}

}  // namespace
}  // namespace portd::client
