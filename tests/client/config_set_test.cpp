#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::HasSubstr;

std::string content_of(const std::filesystem::path& file) { return read_file(file, 100'000).value(); }

// A world with a file of the user's and one of a project.
class ConfigSetVerb : public testing::Test {
 protected:
  // What `set` or `unset` makes of the user's file.
  std::string changed(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "config");
    const auto ran = world.run(arguments);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ran.out, "");
    return content_of(user);
  }

  PortcWorld world;
  std::filesystem::path user =
      world.write(".config/portd/portd.yaml", "# mine\nports:\n  strategy: hash  # like the others\n");
  std::filesystem::path project = world.write("shop/portd.yaml", "services:\n  web:\n    tags: [a]\n  db:\n");
};

TEST_F(ConfigSetVerb, ChangesTheValueAndKeepsTheRest) {
  EXPECT_EQ(changed({"set", "ports.strategy", "next"}), "# mine\nports:\n  strategy: next  # like the others\n");
  EXPECT_EQ(content_of(user.string() + "~"), "# mine\nports:\n  strategy: hash  # like the others\n");
}

TEST_F(ConfigSetVerb, SaysWhatIsInWhichFile) {
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).err,
            "portc: ports.strategy is next in " + user.string() + "\n");
  EXPECT_EQ(world.run({"config", "unset", "ports.strategy"}).err,
            "portc: ports.strategy is no longer stated in " + user.string() + "\n");
}

TEST_F(ConfigSetVerb, AddsWhatIsNotThere) {
  EXPECT_EQ(changed({"set", "ports.exclude", "[25565, 24000-24099]"}),
            "# mine\nports:\n  strategy: hash  # like the others\n  exclude: [25565, 24000-24099]\n");
  EXPECT_THAT(changed({"set", "api.port", "7800"}), HasSubstr("\napi:\n  port: 7800\n"));
}

TEST_F(ConfigSetVerb, MakesTheFileForItsOwnerOnly) {
  std::filesystem::remove_all(world.home / ".config");
  EXPECT_EQ(changed({"set", "ports.strategy", "next"}), "ports:\n  strategy: next\n");
  EXPECT_EQ(std::filesystem::status(user).permissions(), std::filesystem::perms(0600));
}

TEST_F(ConfigSetVerb, AKeyOfAProjectGoesToItsFile) {
  EXPECT_EQ(world.run({"config", "set", "services.web.tags", "beta, internal"}).exit, 0);
  EXPECT_EQ(world.run({"config", "set", "services.db.shared", "true"}).exit, 0);
  EXPECT_EQ(content_of(project), "services:\n  web:\n    tags: [beta, internal]\n  db:\n    shared: true\n");
}

TEST_F(ConfigSetVerb, ATextIsQuotedWhereYamlWouldReadSomethingElse) {
  EXPECT_EQ(world.run({"config", "set", "services.web.env.ANSWER", "yes"}).exit, 0);
  EXPECT_EQ(world.run({"config", "set", "services.web.env.NOTE", "a: b # c"}).exit, 0);
  EXPECT_THAT(content_of(project), HasSubstr("ANSWER: \"yes\"\n"));
  EXPECT_THAT(content_of(project), HasSubstr("NOTE: \"a: b # c\"\n"));
}

TEST_F(ConfigSetVerb, AStatedFileIsChangedInPlaceOfTheUsual) {
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next", "--file", "mine.yaml"}).exit, 0);
  EXPECT_EQ(content_of(world.home / "shop/mine.yaml"), "ports:\n  strategy: next\n");
  EXPECT_THAT(content_of(user), HasSubstr("strategy: hash"));
  EXPECT_EQ(world.run({"config", "set", "ports.hold", "none", "--config", "mine.yaml"}).exit, 0);
  EXPECT_THAT(content_of(world.home / "shop/mine.yaml"), HasSubstr("hold: none"));
}

TEST_F(ConfigSetVerb, AJsonFileStaysJson) {
  std::filesystem::remove(user);
  const auto json = world.write(".config/portd/portd.json", "{\n  \"ports\": {\"strategy\": \"hash\"}\n}\n");
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).exit, 0);
  EXPECT_EQ(world.run({"config", "set", "leases.ttl", "2m"}).exit, 0);
  EXPECT_EQ(*parse_json(content_of(json)), *parse_json(R"({"ports": {"strategy": "next"}, "leases": {"ttl": "2m"}})"));
  EXPECT_EQ(world.run({"config", "unset", "ports"}).exit, 0);
  EXPECT_EQ(*parse_json(content_of(json)), *parse_json(R"({"leases": {"ttl": "2m"}})"));
}

TEST_F(ConfigSetVerb, ANewJsonFileIsJson) {
  EXPECT_EQ(world.run({"config", "set", "ports.exclude", "[1, 2-3]", "--file", "new.json"}).exit, 0);
  EXPECT_EQ(*parse_json(content_of(world.home / "shop/new.json")),
            *parse_json(R"({"ports": {"exclude": [1, "2-3"]}})"));
}

TEST_F(ConfigSetVerb, AKeyThatThereIsNotIsRefused) {
  const auto ran = world.run({"config", "set", "ports.stratgy", "next"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("ports.stratgy is not a setting; did you mean \"ports.strategy\"?"));
  EXPECT_EQ(world.run({"config", "set", "colour.red", "1"}).exit, 2);
  EXPECT_EQ(world.run({"config", "set", "ports..strategy", "1"}).exit, 2);
  EXPECT_FALSE(std::filesystem::exists(user.string() + "~"));
}

TEST_F(ConfigSetVerb, AKeyAndItsValueInOneWordAreRefused) {
  const auto ran = world.run({"config", "set", "ports.strategy=", "next"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("write KEY and VALUE as two words"));
}

TEST_F(ConfigSetVerb, AValueThatMayNotStandThereIsRefused) {
  const auto ran = world.run({"config", "set", "ports.strategy", "nxt"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err, "portc: ports.strategy must be one of hash, next, random, not \"nxt\"; did you mean \"next\"?\n");
}

TEST_F(ConfigSetVerb, NullIsForUnset) {
  const auto ran = world.run({"config", "set", "ports.strategy", "null"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err, "portc: null takes a setting away; write: portc config unset ports.strategy\n");
}

TEST_F(ConfigSetVerb, WhatWouldNotBeValidIsNotWritten) {
  const auto ran = world.run({"config", "set", "ports.ranges.web", "25000-26000"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.out, HasSubstr("error: ports.ranges.web 25000-26000 overlaps with ports.ranges.default"));
  EXPECT_THAT(ran.err, HasSubstr("is as it was: with that it would not be valid"));
  EXPECT_EQ(content_of(user), "# mine\nports:\n  strategy: hash  # like the others\n");
}

TEST_F(ConfigSetVerb, JsonHasTheMistakes) {
  const auto ran = world.run({"config", "set", "ports.ranges.web", "25000-26000", "--json"});
  const Json json = *parse_json(ran.out);
  EXPECT_EQ(json.at("valid"), false);
  EXPECT_EQ(json.at("mistakes").at(0).at("key"), "ports.ranges.web");
}

TEST_F(ConfigSetVerb, ABrokenFileIsNotChanged) {
  world.write(".config/portd/portd.yaml", "ports: {strategy: hash\n");
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).exit, 78);
  const auto ran = world.run({"config", "unset", "ports.strategy"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.err, HasSubstr("cannot be read; mend it first"));
  EXPECT_EQ(content_of(user), "ports: {strategy: hash\n");
}

TEST_F(ConfigSetVerb, AKeyOfAProjectNeedsOne) {
  std::filesystem::remove(project);
  const auto ran = world.run({"config", "set", "services.web.tags", "a"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("services.web.tags is of a project, and there is no portd.yaml"));
}

TEST_F(ConfigSetVerb, UnsetTakesTheSettingAway) { EXPECT_EQ(changed({"unset", "ports"}), "# mine\n"); }

TEST_F(ConfigSetVerb, UnsetOfWhatTheFileDoesNotStateExitsWithThree) {
  const auto ran = world.run({"config", "unset", "ports.hold"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("ports.hold is not stated in " + user.string()));
}

TEST_F(ConfigSetVerb, AFileThatCannotBeEditedSafelyIsForAPerson) {
  world.write(".config/portd/portd.yaml", "? ports\n: {strategy: hash}\n");
  const auto set = world.run({"config", "set", "ports.strategy", "next"});
  const auto unset = world.run({"config", "unset", "ports.strategy"});
  EXPECT_EQ(set.exit, 78);
  EXPECT_THAT(set.err, HasSubstr("safely; edit it by hand"));
  EXPECT_EQ(unset.exit, 78);
  EXPECT_THAT(unset.err, HasSubstr("safely; edit it by hand"));
  EXPECT_EQ(content_of(user), "? ports\n: {strategy: hash}\n");
}

TEST_F(ConfigSetVerb, ALinkIsFollowed) {
  const auto real = world.write("dotfiles/portd.yaml", "ports: {strategy: hash}\n");
  std::filesystem::remove(user);
  std::filesystem::create_symlink(real, user);
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).exit, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(user));
  EXPECT_EQ(content_of(real), "ports: {strategy: next}\n");
}

// With a portd that has this file.
class ConfigSetWithPortd : public ConfigSetVerb {
 protected:
  void serve(const std::string& file, test::FakeAnswer put) {
    const Json shown{{"file", file}, {"content", "# as portd has read it\n"}, {"settings", Json::object()}};
    world.answers["GET /config"] = {200, dump_json(shown), false, false, false, "ETag: \"seen\"\r\n"};
    world.answers["PUT /config"] = std::move(put);
    world.start_portd();
  }
};

TEST_F(ConfigSetWithPortd, HasItReadTheFileAgain) {
  serve(user.string(), {200, R"({"restart_needed": []})"});
  const auto ran = world.run({"config", "set", "ports.strategy", "next"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: portd uses it now\nportc: ports.strategy is next in " + user.string() + "\n");
  const auto put = world.portd->requests().back();
  EXPECT_EQ(put.line, "PUT /config");
  EXPECT_THAT(put.head, HasSubstr("If-Match: \"seen\"\r\n"));
  EXPECT_EQ(*parse_json(put.body), Json({{"content", "# as portd has read it\n"}}));
}

TEST_F(ConfigSetWithPortd, SaysWhatNeedsARestart) {
  serve(user.string(), {200, R"({"restart_needed": ["api.port", "history.enabled"]})"});
  EXPECT_THAT(world.run({"config", "set", "api.port", "7800"}).err,
              HasSubstr("portd uses it now, but for api.port, history.enabled: portc daemon stop, portc daemon start"));
}

TEST_F(ConfigSetWithPortd, SaysWhyItIsNotUsed) {
  serve(user.string(), {412, test::problem(Problem::stale_etag, "the configuration is another by now")});
  const auto ran = world.run({"config", "set", "ports.strategy", "next"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, HasSubstr("it is written, but portd does not use it yet: the configuration is another by now"));
  EXPECT_THAT(content_of(user), HasSubstr("strategy: next"));
}

TEST_F(ConfigSetWithPortd, APortdWithAnotherFileIsLeftAlone) {
  serve("/elsewhere/portd.yaml", {200, "{}"});
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).exit, 0);
  EXPECT_EQ(world.portd->request_lines(), std::vector<std::string>{"GET /config"});
}

TEST_F(ConfigSetWithPortd, AProjectsFileIsNoneOfItsBusiness) {
  serve(user.string(), {200, "{}"});
  EXPECT_EQ(world.run({"config", "set", "services.web.tags", "b"}).exit, 0);
  EXPECT_TRUE(world.portd->requests().empty());
}

TEST_F(ConfigSetWithPortd, AnOlderPortdIsPassedOver) {
  world.answers = {{"GET /config", {404, test::problem(Problem::not_found, "there is no /config")}}};
  world.start_portd();
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).err,
            "portc: ports.strategy is next in " + user.string() + "\n");
}

TEST_F(ConfigSetWithPortd, WhatIsNoConfigurationIsPassedOver) {
  world.answers = {{"GET /config", {200, "null"}}};
  world.start_portd();
  EXPECT_EQ(world.run({"config", "set", "ports.strategy", "next"}).exit, 0);
}

}  // namespace
}  // namespace portd::client
