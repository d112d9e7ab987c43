#include "config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SettingsFile : public ::testing::Test {
 protected:
  Loaded load(const std::string& content) const {
    return load_settings({.files = {folder_.write("portd.yaml", content)}, .sets = {}}, {});
  }

  // Every mistake as "LINE:COLUMN key message".
  std::vector<std::string> mistakes_in(const std::string& content) const {
    const std::string file = (folder_.path() / "portd.yaml").string() + ":";
    std::vector<std::string> list;
    for (const Mistake& mistake : load(content).mistakes) {
      EXPECT_TRUE(mistake.where.starts_with(file)) << mistake.where;
      list.push_back(mistake.where.substr(file.size()) + " " + mistake.key + " " + mistake.message);
    }
    return list;
  }

  portd::testing::TempFolder folder_;
};

TEST_F(SettingsFile, SetsEverySetting) {
  const Loaded loaded = load(
      "api: {port: 7800, allowed_hosts: [portd.test], listen: loopback}\n"
      "ports:\n"
      "  ranges: {default: 20000-24999, web: 25000-25999}\n"
      "  exclude: [20100, 20200-20299]\n"
      "  strategy: next\n  on_conflict: fail\n  hold: none\n"
      "leases: {ttl: 1m, memory: 30d}\nwatch: {interval: 1s}\nhistory: {enabled: false}\nlog: {level: debug}\n");

  EXPECT_TRUE(loaded.mistakes.empty());
  Settings expected;
  expected.api = {7800, {"portd.test"}, "loopback"};
  expected.ports.ranges = {{"default", {Port(20000), Port(24999)}}, {"web", {Port(25000), Port(25999)}}};
  expected.ports.exclude = {{Port(20100), Port(20100)}, {Port(20200), Port(20299)}};
  expected.ports.strategy = Strategy::next;
  expected.ports.on_conflict = OnConflict::fail;
  expected.ports.hold = HoldMode::none;
  expected.leases = {Millis(60'000), std::chrono::hours(24 * 30)};
  expected.watch.interval = Millis(1000);
  expected.history.enabled = false;
  expected.log.level = "debug";
  EXPECT_EQ(loaded.settings, expected);
}

TEST_F(SettingsFile, EmptyLeavesTheBuiltInValues) {
  for (const char* content : {"", "# nothing\n", "{}", "ports:\n", "ports: {ranges: {}}\n"}) {
    const Loaded loaded = load(content);
    EXPECT_TRUE(loaded.mistakes.empty()) << content;
    EXPECT_EQ(loaded.settings, Settings{}) << content;
  }
}

TEST_F(SettingsFile, TellsAllMistakesAtOnceWithTheirPlaces) {
  EXPECT_THAT(mistakes_in("ports:\n  stratgy: next\n  hold: tight\nlog: {level: 5}\nleases:\n  ttl: 30\n"),
              ElementsAre("2:3 ports.stratgy is not a setting; did you mean \"ports.strategy\"?",
                          HasSubstr("3:9 ports.hold must be one of open, strict, none, not \"tight\""),
                          HasSubstr("4:14 log.level must be one of trace, debug"),
                          HasSubstr("6:8 leases.ttl must be a duration such as")));
}

TEST_F(SettingsFile, UnknownSectionsAreMistakes) {
  EXPECT_THAT(mistakes_in("port: {strategy: next}\nproject: shop\n"),
              ElementsAre(HasSubstr("1:1 port is not a setting"), HasSubstr("2:1 project is not a setting")));
}

TEST_F(SettingsFile, ValuesOfTheWrongShapeAreMistakes) {
  EXPECT_THAT(mistakes_in("ports: 5\n"), ElementsAre("1:8 ports must be a map of settings"));
  EXPECT_THAT(mistakes_in("ports: {strategy: {a: 1}}\n"),
              ElementsAre("1:19 ports.strategy must be a value, not a map"));
  EXPECT_THAT(mistakes_in("ports: {strategy: [next]}\n"), ElementsAre(HasSubstr("must be one value, not a list")));
  EXPECT_THAT(mistakes_in("ports: {exclude: [[1]]}\n"), ElementsAre(HasSubstr("must be a list of plain values")));
  EXPECT_THAT(mistakes_in("ports.strategy: next\n"), ElementsAre(HasSubstr("has a dot; nest it")));
  EXPECT_THAT(mistakes_in("- a\n"), ElementsAre(HasSubstr("must be a map of settings")));
}

TEST_F(SettingsFile, BoundsAreHeld) {
  for (const char* content :
       {"api: {port: 65536}", "api: {port: -1}", "api: {port: http}", "api: {listen: 0.0.0.0}",
        "api: {allowed_hosts: [\"Portd.Test\"]}", "api: {allowed_hosts: [\"portd.test:80\"]}", "ports: {exclude: [0]}",
        "ports: {exclude: [300-200]}", "ports: {ranges: {web: 300-200}}", "ports: {ranges: {Web: 300-400}}",
        "ports: {ranges: {web: [300]}}", "leases: {ttl: 99ms}", "leases: {memory: 4000d}", "watch: {interval: 1ms}",
        "watch: {interval: 2m}", "history: {enabled: yes}", "log: {level: loud}"}) {
    EXPECT_EQ(mistakes_in(content).size(), 1U) << content;
  }
}

TEST_F(SettingsFile, OverlappingRangesAreAMistake) {
  EXPECT_THAT(mistakes_in("ports: {ranges: {a: 30000-30100, b: 30100-30200}}\n"),
              ElementsAre(HasSubstr("1:37 ports.ranges.b 30100-30200 overlaps with ports.ranges.a, 30000-30100")));
  EXPECT_THAT(mistakes_in("ports: {ranges: {a: 29999}}\n"),
              ElementsAre(HasSubstr("overlaps with ports.ranges.default")));
}

TEST_F(SettingsFile, ASyntaxErrorIsOneMistake) {
  EXPECT_THAT(mistakes_in("ports: [\n"), ElementsAre(HasSubstr("not valid YAML")));
}

TEST_F(SettingsFile, ThatCannotBeReadIsAMistake) {
  const fs::path fifo = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(load_settings({.files = {fifo}, .sets = {}}, {}).mistakes.size(), 1U);
  EXPECT_EQ(load_settings({.files = {folder_.path()}, .sets = {}}, {}).mistakes.size(), 1U);
  EXPECT_EQ(load(std::string(256 * 1024 + 1, '#')).mistakes.size(), 1U);
}

TEST_F(SettingsFile, ThatIsAbsentIsAMistakeOnlyWhenItWasAskedFor) {
  const fs::path absent = folder_.path() / "absent";
  EXPECT_TRUE(load_settings({.files = {absent}, .sets = {}}, {}).mistakes.empty());
  EXPECT_EQ(load_settings({.files = {absent}, .sets = {}, .required = {absent}}, {}).mistakes.size(), 1U);
}

TEST_F(SettingsFile, LaterLayersWin) {
  const fs::path system = folder_.write("system.yaml", "ports: {strategy: next, hold: none}\nlog: {level: warn}\n");
  const fs::path user = folder_.write("user.yaml", "ports: {strategy: random}\nlog: {level: debug}\n");
  const Loaded loaded = load_settings({.files = {system, user}, .sets = {"log.level=off", "log.level=trace"}},
                                      {{"PORTD_CFG_LOG__LEVEL", "error"}, {"PORTD_CFG_API__PORT", "0"}});
  EXPECT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.settings.ports.hold, HoldMode::none);
  EXPECT_EQ(loaded.settings.ports.strategy, Strategy::random);
  EXPECT_EQ(loaded.settings.api.port, 0);
  EXPECT_EQ(loaded.settings.log.level, "trace");
}

TEST_F(SettingsFile, NullTakesBackWhatLowerLayersState) {
  const fs::path system = folder_.write("system.yaml", "ports: {strategy: next, ranges: {web: 30000}}\n");
  const fs::path user = folder_.write("user.yaml", "ports: {strategy: null, ranges: ~}\n");
  EXPECT_EQ(load_settings({.files = {system, user}, .sets = {}}, {}).settings, Settings{});
}

TEST_F(SettingsFile, AMistakeShowsEvenWhereALaterLayerCoversIt) {
  const fs::path file = folder_.write("portd.yaml", "log: {level: loud}\n");
  EXPECT_EQ(load_settings({.files = {file}, .sets = {"log.level=info"}}, {}).mistakes.size(), 1U);
}

TEST(SettingVariables, AndSetsTakeListsWithCommas) {
  const Loaded loaded = load_settings({.files = {}, .sets = {"api.allowed_hosts=a.test"}},
                                      {{"PORTD_CFG_PORTS__EXCLUDE", "20100, 20200-20299"}, {"PORTD_STATE_DIR", "/x"}});
  EXPECT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.settings.ports.exclude.size(), 2U);
  EXPECT_THAT(loaded.settings.api.allowed_hosts, ElementsAre("a.test"));
}

TEST(SettingVariables, MistakesNameTheVariableOrTheFlag) {
  const Loaded loaded = load_settings({.files = {}, .sets = {"ports.strategy", "ports.strategi=next", "=next"}},
                                      {{"PORTD_CFG_PORTS__HOLD", "tight"}});
  std::vector<std::string> where;
  for (const Mistake& mistake : loaded.mistakes) where.push_back(mistake.where);
  EXPECT_THAT(where, ElementsAre("PORTD_CFG_PORTS__HOLD", "--set", "--set", "--set"));
}

TEST(DefaultFiles, AreTheSystemsAndTheUsers) {
  const fs::path system = "/etc/portd/portd.yaml";
  EXPECT_THAT(default_files({{"HOME", "/home/me"}}, {}), ElementsAre(system, "/home/me/.config/portd/portd.yaml"));
  EXPECT_THAT(default_files({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", "/x"}}, {}),
              ElementsAre(system, "/x/portd/portd.yaml"));
  EXPECT_THAT(default_files({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", "relative"}}, {}),
              ElementsAre(system, "/home/me/.config/portd/portd.yaml"));
  EXPECT_THAT(default_files({}, {}), ElementsAre(system));
}

TEST(DefaultFiles, TheFlagAndThenTheVariableReplaceTheUsersFile) {
  EXPECT_EQ(default_files({{"HOME", "/h"}, {"PORTD_CONFIG", "/v.yaml"}}, {}).back(), "/v.yaml");
  EXPECT_EQ(default_files({{"HOME", "/h"}, {"PORTD_CONFIG", "/v.yaml"}}, "/f.yaml").back(), "/f.yaml");
  EXPECT_THAT(default_sources({{"HOME", "/h"}}, "/f.yaml", {}).required, ElementsAre(fs::path("/f.yaml")));
  EXPECT_TRUE(default_sources({{"HOME", "/h"}}, {}, {}).required.empty());
}

}  // namespace
}  // namespace portd::config
