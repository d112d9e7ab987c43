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

Loaded load_files(const std::vector<fs::path>& files, Variables variables = {}, std::vector<FlagSetting> flags = {}) {
  Sources sources{.files = {}, .variables = std::move(variables), .flags = std::move(flags)};
  for (const fs::path& file : files) sources.files.push_back({file});
  return load_settings(sources);
}

class SettingsOfAFile : public ::testing::Test {
 protected:
  Loaded load(const std::string& content) const { return load_files({folder_.write("portd.yaml", content)}); }

  // Every mistake as "LINE:COLUMN key message".
  std::vector<std::string> mistakes_in(const std::string& content) const {
    const std::string file = (folder_.path() / "portd.yaml").string() + ":";
    std::vector<std::string> list;
    for (const Mistake& mistake : load(content).mistakes) {
      const std::string where = mistake.where();
      EXPECT_TRUE(where.starts_with(file)) << where;
      list.push_back(where.substr(file.size()) + " " + mistake.key + " " + mistake.message);
    }
    return list;
  }

  portd::testing::TempFolder folder_;
};

TEST_F(SettingsOfAFile, SetsEverySetting) {
  const Loaded loaded = load(
      "api: {port: 7800, allowed_hosts: [portd.test], listen: loopback}\n"
      "ports:\n"
      "  ranges: {default: 20000-24999, web: 25000-25999}\n"
      "  exclude: [20100, 20200-20299]\n"
      "  strategy: next\n  on_conflict: fail\n  hold: none\n"
      "leases: {ttl: 1m, memory: 30d}\nwatch: {interval: 1s, docker_socket: /run/d.sock}\nhistory: {enabled: false, "
      "max_age: 7d, max_size: 1GB}\n"
      "log: {level: debug, format: json, file: /var/log/portd.log}\nalerts: {mute: [clock-gap], desktop: false, "
      "webhook: \"http://hooks.internal/a\", "
      "allowed_hosts: [hooks.internal]}\n"
      "checks:\n"
      "  allowed_hosts: [db.internal]\n"
      "  commands: {shop/db.v2: {ready: {command: [pg_isready, -q], interval: 10s, timeout: 1s}}}\n");

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
  expected.watch.docker_socket = "/run/d.sock";
  expected.history = {false, std::chrono::hours(24 * 7), 1'000'000'000};
  expected.log = {"debug", "json", "/var/log/portd.log"};
  expected.alerts = {{"clock-gap"}, false, "http://hooks.internal/a", {"hooks.internal"}};
  expected.checks.allowed_hosts = {"db.internal"};
  Check& ready = expected.checks.commands[{"shop", "db.v2", "main"}]["ready"];
  ready.id = "ready";
  ready.type = CheckType::command;
  ready.command = {"pg_isready", "-q"};
  ready.schedule.timeout = Millis(1000);
  EXPECT_EQ(loaded.settings, expected);
}

TEST_F(SettingsOfAFile, EmptyLeavesTheBuiltInValues) {
  for (const char* content : {"", "# nothing\n", "{}", "ports:\n", "ports: {ranges: {}}\n"}) {
    const Loaded loaded = load(content);
    EXPECT_TRUE(loaded.mistakes.empty()) << content;
    EXPECT_EQ(loaded.settings, Settings{}) << content;
  }
}

TEST_F(SettingsOfAFile, TellsAllMistakesAtOnceWithTheirPlaces) {
  EXPECT_THAT(mistakes_in("ports:\n  stratgy: next\n  hold: tight\nlog: {level: 5}\nleases:\n  ttl: 30\n"),
              ElementsAre("2:3 ports.stratgy is not a setting; did you mean \"ports.strategy\"?",
                          HasSubstr("3:9 ports.hold must be one of open, strict, none, not \"tight\""),
                          HasSubstr("4:14 log.level must be one of trace, debug"),
                          HasSubstr("6:8 leases.ttl must be a duration such as")));
}

TEST_F(SettingsOfAFile, UnknownSectionsAreMistakes) {
  EXPECT_THAT(mistakes_in("port: {strategy: next}\nproject: shop\n"),
              ElementsAre(HasSubstr("1:1 port is not a setting; did you mean \"ports\"?"),
                          HasSubstr("2:1 project is of a project's file")));
}

TEST_F(SettingsOfAFile, ValuesOfTheWrongShapeAreMistakes) {
  EXPECT_THAT(mistakes_in("ports: 5\n"), ElementsAre(HasSubstr("1:8 ports must be a map of ranges, exclude")));
  EXPECT_THAT(mistakes_in("ports: {strategy: {a: 1}}\n"), ElementsAre(HasSubstr("must be one of hash, next, random")));
  EXPECT_THAT(mistakes_in("ports: {strategy: [next]}\n"), ElementsAre(HasSubstr("not a list")));
  EXPECT_THAT(mistakes_in("ports: {exclude: [[1]]}\n"), ElementsAre(HasSubstr("1:19 ports.exclude[0] must be a port")));
  EXPECT_THAT(mistakes_in("ports: {exclude: [~]}\n"), ElementsAre(HasSubstr("not nothing")));
  EXPECT_THAT(mistakes_in("ports.strategy: next\n"), ElementsAre(HasSubstr("is not a setting")));
  EXPECT_THAT(mistakes_in("- a\n"), ElementsAre(HasSubstr("must be a map of settings")));
}

TEST_F(SettingsOfAFile, BoundsAreHeld) {
  for (const char* content : {"api: {port: 65536}",
                              "api: {port: -1}",
                              "api: {port: http}",
                              "api: {listen: 0.0.0.0}",
                              "api: {allowed_hosts: [\"Portd.Test\"]}",
                              "api: {allowed_hosts: [\"portd.test:80\"]}",
                              "ports: {exclude: [0]}",
                              "ports: {exclude: [300-200]}",
                              "ports: {ranges: {web: 300-200}}",
                              "ports: {ranges: {Web: 300-400}}",
                              "ports: {ranges: {web: [300]}}",
                              "ports: {ranges: {web.b: 300}}",
                              "leases: {ttl: 99ms}",
                              "leases: {memory: 4000d}",
                              "watch: {interval: 1ms}",
                              "watch: {interval: 2m}",
                              "history: {enabled: yes}",
                              "history: {max_age: 59m}",
                              "history: {max_size: 100}",
                              "history: {max_size: 100MiB}",
                              "history: {max_size: 9MB}",
                              "history: {max_size: 1001GB}",
                              "log: {level: loud}",
                              "log: {file: portd.log}",
                              "alerts: {mute: [all]}",
                              "checks: {commands: {db: {ready: {interval: 1s}}}}",
                              "checks: {commands: {db: {Ready: {command: [x]}}}}",
                              "checks: {commands: {-: {ready: {command: [x]}}}}"}) {
    EXPECT_EQ(mistakes_in(content).size(), 1U) << content;
  }
}

TEST_F(SettingsOfAFile, OverlappingRangesAreAMistake) {
  EXPECT_THAT(mistakes_in("ports: {ranges: {a: 30000-30100, b: 30100-30200}}\n"),
              ElementsAre(HasSubstr("1:37 ports.ranges.b 30100-30200 overlaps with ports.ranges.a, 30000-30100")));
  EXPECT_THAT(mistakes_in("ports: {ranges: {a: 29999}}\n"),
              ElementsAre(HasSubstr("overlaps with ports.ranges.default")));
}

TEST_F(SettingsOfAFile, ASyntaxErrorIsOneMistake) {
  EXPECT_THAT(mistakes_in("ports: [\n"), ElementsAre(HasSubstr("not valid YAML")));
}

TEST_F(SettingsOfAFile, ThatCannotBeReadIsAMistake) {
  const fs::path fifo = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(load_files({fifo}).mistakes.size(), 1U);
  EXPECT_EQ(load_files({folder_.path()}).mistakes.size(), 1U);
  EXPECT_EQ(load(std::string(256 * 1024 + 1, '#')).mistakes.size(), 1U);
}

TEST_F(SettingsOfAFile, ThatIsAbsentIsAMistakeOnlyWhenItWasAskedFor) {
  const fs::path absent = folder_.path() / "absent";
  EXPECT_TRUE(load_files({absent}).mistakes.empty());
  EXPECT_EQ(load_settings({.files = {{absent, Layer::user, true}}, .variables = {}, .flags = {}}).mistakes.size(), 1U);
}

TEST_F(SettingsOfAFile, LaterLayersWin) {
  const fs::path system = folder_.write("system.yaml", "ports: {strategy: next, hold: none}\nlog: {level: warn}\n");
  const fs::path user = folder_.write("user.yaml", "ports: {strategy: random}\nlog: {level: debug}\n");
  const Loaded loaded = load_files({system, user}, {{"PORTD_CFG_LOG__LEVEL", "error"}, {"PORTD_CFG_API__PORT", "0"}},
                                   {{"log.level=off"}, {"log.level=trace"}});
  EXPECT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.settings.ports.hold, HoldMode::none);
  EXPECT_EQ(loaded.settings.ports.strategy, Strategy::random);
  EXPECT_EQ(loaded.settings.api.port, 0);
  EXPECT_EQ(loaded.settings.log.level, "trace");
}

TEST_F(SettingsOfAFile, NullTakesBackWhatLowerLayersState) {
  const fs::path system = folder_.write("system.yaml", "ports: {strategy: next, ranges: {web: 30000}}\n");
  const fs::path user = folder_.write("user.yaml", "ports: {strategy: null, ranges: ~}\n");
  EXPECT_EQ(load_files({system, user}).settings, Settings{});
}

TEST_F(SettingsOfAFile, AMistakeShowsEvenWhereALaterLayerCoversIt) {
  const fs::path file = folder_.write("portd.yaml", "log: {level: loud}\n");
  EXPECT_EQ(load_files({file}, {}, {{"log.level=info"}}).mistakes.size(), 1U);
}

TEST(SettingVariables, AndSetsTakeListsWithCommas) {
  const Loaded loaded = load_files({}, {{"PORTD_CFG_PORTS__EXCLUDE", "20100, 20200-20299"}, {"PORTD_STATE_DIR", "/x"}},
                                   {{"api.allowed_hosts=a.test"}});
  EXPECT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.settings.ports.exclude.size(), 2U);
  EXPECT_THAT(loaded.settings.api.allowed_hosts, ElementsAre("a.test"));
}

TEST(SettingVariables, MistakesNameTheVariableOrTheFlag) {
  const Loaded loaded = load_files({}, {{"PORTD_CFG_PORTS__HOLD", "tight"}},
                                   {{"ports.strategy"}, {"ports.strategi=next"}, {"=next"}, {"api.port=x", "--port"}});
  std::vector<std::string> where;
  for (const Mistake& mistake : loaded.mistakes) where.push_back(mistake.where());
  EXPECT_THAT(where, ElementsAre("--port", "--set", "--set", "--set", "PORTD_CFG_PORTS__HOLD"));
}

TEST_F(SettingsOfAFile, ARangeInsideTheEphemeralOneIsAWarningThatSaysWhy) {
  const fs::path file = folder_.write("portd.yaml", "ports: {ranges: {web: 40000-40099}}\n");
  const Loaded loaded =
      load_settings({.files = {{file}}, .variables = {}, .flags = {}}, {PortRange{Port(32768), Port(60999)}});
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].severity, Mistake::Severity::warning);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("lies in the ephemeral range 32768-60999, from which the kernel"));
  EXPECT_TRUE(loaded.settings.ports.ranges.contains("web"));
}

TEST_F(SettingsOfAFile, TheWebhookStaysOnThisMachineUnlessItsHostIsAllowed) {
  EXPECT_TRUE(load("alerts: {webhook: \"http://localhost:9000/alerts\"}\n").mistakes.empty());
  EXPECT_TRUE(load("alerts: {webhook: \"http://[::1]:9000\"}\n").mistakes.empty());
  EXPECT_THAT(mistakes_in("alerts: {webhook: \"http://example.com/\"}\n"),
              ElementsAre(HasSubstr("1:19 alerts.webhook leads to \"example.com\", and alerts stay on this machine")));
  EXPECT_THAT(mistakes_in("alerts: {webhook: \"http://example.com/\", allowed_hosts: [example.org]}\n"),
              ElementsAre(HasSubstr("list that host under alerts.allowed_hosts")));
  EXPECT_TRUE(load("alerts: {webhook: \"http://example.com/\", allowed_hosts: [example.com]}\n").mistakes.empty());
}

TEST_F(SettingsOfAFile, AWebhookThatIsNoPlainHttpIsAMistake) {
  EXPECT_THAT(mistakes_in("alerts: {webhook: \"https://localhost/\"}\n"),
              ElementsAre(HasSubstr("alerts.webhook is https, which portd does not speak")));
  for (const char* url : {"localhost:9000", "ftp://localhost/", "http://me:secret@localhost/"}) {
    EXPECT_THAT(mistakes_in(std::string("alerts: {webhook: \"") + url + "\"}\n"),
                ElementsAre(HasSubstr("must be an http URL")))
        << url;
  }
}

TEST_F(SettingsOfAFile, TheHomeFolderIsFilledInToTheLog) {
  const fs::path file = folder_.write("portd.yaml", "log: {file: ~/portd.log}\n");
  EXPECT_EQ(load_files({file}, {{"HOME", "/home/me"}}).settings.log.file, "/home/me/portd.log");
}

TEST_F(SettingsOfAFile, ATextCanStandInForTheFile) {
  const fs::path file = folder_.write("portd.yaml", "ports: {strategy: next}\n");
  const Sources sources{.files = {{file}}, .variables = {}, .flags = {}};
  EXPECT_EQ(load_settings_with(sources, file, "ports: {strategy: random}\n").settings.ports.strategy, Strategy::random);
  EXPECT_EQ(load_settings_with(sources, file, "ports: {strategy: x}\n").mistakes.size(), 1U);
  EXPECT_EQ(load_settings(sources).settings.ports.strategy, Strategy::next);
}

// The value and the layer that a key is shown with.
std::string shown(const Loaded& loaded, const std::string& key) {
  for (const ShownSetting& each : list_settings(loaded.merged, Scope::daemon)) {
    if (each.key == key) return each.value.dump() + " " + std::string(to_text(each.layer)) + " " + each.where;
  }
  return "absent";
}

TEST_F(SettingsOfAFile, AreShownWithWhereTheyComeFrom) {
  const fs::path file = folder_.write("portd.yaml", "ports:\n  hold: none\n  ranges: {web: 30000}\n");
  const Loaded loaded = load_files({file}, {{"PORTD_CFG_LOG__LEVEL", "off"}}, {{"watch.interval=1s"}});
  EXPECT_EQ(shown(loaded, "ports.hold"), "\"none\" user " + file.string() + ":2:9");
  EXPECT_EQ(shown(loaded, "ports.ranges.web"), "30000 user " + file.string() + ":3:17");
  EXPECT_EQ(shown(loaded, "ports.ranges.default"), "\"20000-29999\" built-in built-in");
  EXPECT_EQ(shown(loaded, "log.level"), "\"off\" variable PORTD_CFG_LOG__LEVEL");
  EXPECT_EQ(shown(loaded, "watch.interval"), "\"1s\" flag --set");
  EXPECT_EQ(shown(loaded, "api.allowed_hosts"), "[] built-in built-in");
}

TEST(DefaultSources, AreTheSystemsFileAndTheUsers) {
  const auto files = [](const Variables& variables, const std::optional<fs::path>& flag = {}) {
    std::vector<fs::path> paths;
    for (const SettingsFile& file : default_sources(variables, flag, {}).files) paths.push_back(file.path);
    return paths;
  };
  const fs::path system = "/etc/portd/portd.yaml";
  EXPECT_THAT(files({{"HOME", "/home/me"}}), ElementsAre(system, "/home/me/.config/portd/portd.yaml"));
  EXPECT_THAT(files({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", "/x"}}), ElementsAre(system, "/x/portd/portd.yaml"));
  EXPECT_THAT(files({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", "relative"}}),
              ElementsAre(system, "/home/me/.config/portd/portd.yaml"));
  EXPECT_THAT(files({}), ElementsAre(system));
  EXPECT_EQ(files({{"HOME", "/h"}, {"PORTD_CONFIG", "/v.yaml"}}).back(), "/v.yaml");
  EXPECT_EQ(files({{"HOME", "/h"}, {"PORTD_CONFIG", "/v.yaml"}}, "/f.yaml").back(), "/f.yaml");
}

TEST(DefaultSources, RequireTheFileThatWasAskedFor) {
  EXPECT_TRUE(default_sources({{"HOME", "/h"}}, "/f.yaml", {}).files.back().required);
  EXPECT_FALSE(default_sources({{"HOME", "/h"}}, {}, {}).files.back().required);
}

TEST_F(SettingsOfAFile, OfTheUserMayBeJson) {
  folder_.write("portd/portd.json", R"({"ports": {"strategy": "next"}})");
  const Variables variables{{"XDG_CONFIG_HOME", folder_.path().string()}};
  const Sources sources = default_sources(variables, {}, {});
  EXPECT_EQ(sources.files.back().path, folder_.path() / "portd/portd.json");
  EXPECT_EQ(load_settings(sources).settings.ports.strategy, Strategy::next);
}

}  // namespace
}  // namespace portd::config
