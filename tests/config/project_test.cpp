#include "config/project.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/source_text.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ProjectFileTest : public ::testing::Test {
 protected:
  LoadedProject load(const std::string& content, const std::string& environment = "",
                     const std::string& instance = "") {
    return load_project(
        {.file = folder_.write("portd.yaml", content), .environment = environment, .instance = instance});
  }

  Project project(const std::string& content, const std::string& environment = "", const std::string& instance = "") {
    LoadedProject loaded = load(content, environment, instance);
    for (const Mistake& mistake : loaded.mistakes) ADD_FAILURE() << describe(mistake);
    return std::move(loaded.project);
  }

  // Every mistake as "LINE:COLUMN key message".
  std::vector<std::string> mistakes_in(const std::string& content) {
    std::vector<std::string> list;
    for (const Mistake& mistake : load(content).mistakes) {
      list.push_back(std::to_string(mistake.place.line) + ":" + std::to_string(mistake.place.column) + " " +
                     mistake.key + " " + mistake.message);
    }
    return list;
  }

  portd::testing::TempFolder folder_;
};

TEST_F(ProjectFileTest, SaysEverythingOfItsServices) {
  const Project read = project(
      "project: shop\n"
      "services:\n"
      "  web:\n"
      "    ports: {http: {port: 20100, range: web, on_conflict: fail}, debug: {protocol: udp}}\n"
      "    command: flask run\n"
      "    cwd: web/app\n"
      "    depends_on: {api: healthy, cache: {required: false}, other/auth@blue: started}\n"
      "    checks: [{type: http, path: /healthz, interval: 5s}]\n"
      "    env: {API_URL: \"${services.api.url}\", COUNT: 5, ON: true}\n"
      "    tags: [beta]\n"
      "    metadata: {team: checkout}\n"
      "  api: {command: [npm, run, dev], depends_on: [cache]}\n"
      "  cache: {shared: true, ports: [redis]}\n"
      "  Worker:\n");
  EXPECT_EQ(read.name, "shop");
  ASSERT_THAT(read.services, SizeIs(4));
  const ProjectService& web = *read.find("web");
  EXPECT_EQ(web.ports[0], (ProjectPort{"http", Port(20100), "web", std::nullopt, OnConflict::fail}));
  EXPECT_EQ(web.ports[1], (ProjectPort{"debug", std::nullopt, std::nullopt, Protocol::udp, std::nullopt}));
  EXPECT_EQ(web.command, (ProjectCommand{{"flask run"}, true}));
  EXPECT_EQ(web.cwd, fs::canonical(folder_.path()) / "web/app");
  ASSERT_THAT(web.depends_on, SizeIs(3));
  EXPECT_EQ(web.depends_on[0].condition, Condition::healthy);
  EXPECT_FALSE(web.depends_on[1].required);
  EXPECT_EQ(web.depends_on[2].on.project, "other");
  EXPECT_EQ(web.depends_on[2].on.instance, "blue");
  EXPECT_EQ(web.checks.dump(), R"([{"interval":"5s","path":"/healthz","type":"http"}])");
  EXPECT_EQ(web.env[1].second, "5");
  EXPECT_EQ(web.env[2].second, "true");
  EXPECT_THAT(web.tags, ElementsAre("beta"));
  EXPECT_EQ(read.find("api")->command, (ProjectCommand{{"npm", "run", "dev"}, false}));
  EXPECT_EQ(read.find("api")->main_role(), "http");
  EXPECT_TRUE(read.find("cache")->shared);
  EXPECT_EQ(read.find("cache")->main_role(), "redis");
  EXPECT_NE(read.find("worker"), nullptr);
}

TEST_F(ProjectFileTest, ItsMainRoleIsHttpWhereverItStands) {
  EXPECT_EQ(project("services: {web: {ports: [debug, http]}}").find("web")->main_role(), "http");
}

TEST_F(ProjectFileTest, DiffersByEnvironmentAndInstance) {
  const std::string content =
      "services: {web: {tags: [a], env: {X: base, Y: base}}}\n"
      "environments: {testing: {services: {web: {env: {X: testing}}}}, development: {services: {web: {tags: [dev]}}}}\n"
      "instances: {feature-x: {services: {web: {env: {X: null}}, extra: {}}}}\n";
  EXPECT_THAT(project(content).find("web")->tags, ElementsAre("dev"));
  EXPECT_EQ(project(content, "testing").find("web")->env[0].second, "testing");
  EXPECT_THAT(project(content, "testing").find("web")->tags, ElementsAre("a"));
  const Project both = project(content, "testing", "feature-x");
  EXPECT_THAT(both.find("web")->env, ElementsAre(std::pair<std::string, std::string>("Y", "base")));
  EXPECT_NE(both.find("extra"), nullptr);
  EXPECT_EQ(project(content).find("extra"), nullptr);
}

TEST_F(ProjectFileTest, ExtendsFilesInAChainAndFanningIn) {
  folder_.write("base/all.yaml", "services: {web: {tags: [all], env: {A: all, B: all}}, db: {}}\n");
  folder_.write("base/left.yaml", "extends: all.yaml\nservices: {web: {env: {A: left}}}\n");
  folder_.write("base/right.json", R"({"extends": ["all.yaml"], "services": {"web": {"env": {"B": "right"}}}})");
  const Project read = project("extends: [base/left.yaml, base/right.json]\nservices: {db: null}\n");
  const ProjectService& web = *read.find("web");
  EXPECT_THAT(web.env, ElementsAre(std::pair<std::string, std::string>("A", "left"),
                                   std::pair<std::string, std::string>("B", "right")));
  EXPECT_EQ(read.find("db"), nullptr);
  EXPECT_THAT(read.files, SizeIs(4));
  EXPECT_EQ(read.files.back().filename(), "portd.yaml");
}

TEST_F(ProjectFileTest, ALoopOfExtendsIsNamed) {
  folder_.write("b.yaml", "extends: c.yaml\n");
  folder_.write("c.yaml", "\nextends: portd.yaml\n");
  const auto loaded = load("extends: b.yaml\n");
  ASSERT_THAT(loaded.mistakes, SizeIs(1));
  EXPECT_EQ(loaded.mistakes[0].where(), (fs::canonical(folder_.path()) / "c.yaml").string() + ":2:10");
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("is a loop: portd.yaml -> b.yaml -> c.yaml -> portd.yaml"));
}

TEST_F(ProjectFileTest, WhatItExtendsHasToBeThereAndBelowNoRoot) {
  EXPECT_THAT(mistakes_in("extends: base.yaml\n"), ElementsAre(HasSubstr("1:10 extends cannot be read")));
  EXPECT_THAT(mistakes_in("extends: /etc/passwd\n"), ElementsAre(HasSubstr("must be a path from here")));
}

TEST_F(ProjectFileTest, SettingsOfPortdAreMistakesInIt) {
  EXPECT_THAT(mistakes_in("ports: {strategy: next}\nservices: {web: {}}\n"),
              ElementsAre(HasSubstr("1:1 ports is a setting of portd itself, and a project may not change it")));
}

TEST_F(ProjectFileTest, ACycleOfDependenciesIsNamedOnce) {
  EXPECT_THAT(mistakes_in("services:\n"
                          "  a: {depends_on: [b]}\n"
                          "  b: {depends_on: {c: healthy}}\n"
                          "  c:\n"
                          "    depends_on:\n"
                          "      - a\n"),
              ElementsAre(HasSubstr("6:9 services.c.depends_on.a closes a cycle: a -> b -> c -> a")));
}

TEST_F(ProjectFileTest, ADependencyOfAnotherProjectOrInstanceIsNoCycle) {
  EXPECT_TRUE(mistakes_in("services: {a: {depends_on: [other/a, a@blue]}}\n").empty());
}

TEST_F(ProjectFileTest, AnUnknownSiblingIsAWarning) {
  const auto loaded = load("services: {web: {depends_on: [apii]}, api: {}}\n");
  ASSERT_THAT(loaded.mistakes, SizeIs(1));
  EXPECT_EQ(loaded.mistakes[0].severity, Mistake::Severity::warning);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("did you mean \"api\"?"));
}

TEST_F(ProjectFileTest, ReferencesToWhatIsNotThereAreMistakes) {
  EXPECT_THAT(
      mistakes_in("services:\n"
                  "  web:\n"
                  "    env: {A: \"${services.apy.url}\", B: \"${services.api.ports.debug}\", C: \"${1}\", D: \"$$\"}\n"
                  "    command: run ${services.api\n"
                  "  api: {}\n"),
      ElementsAre(HasSubstr("3:14 services.web.env.A refers to \"apy\", which is no service of this project; did "
                            "you mean \"api\"?"),
                  HasSubstr("services.web.env.B refers to the port \"debug\" of api"),
                  HasSubstr("services.web.env.C \"${1}\" is no reference"),
                  HasSubstr("4:14 services.web.command \"${services.api}\" is not closed")));
}

TEST_F(ProjectFileTest, WhatTwoServicesCannotShareIsAMistake) {
  EXPECT_THAT(mistakes_in("services: {Web: {}, web: {}}\n"),
              ElementsAre(HasSubstr("1:21 services.web has the same name")));
  EXPECT_THAT(mistakes_in("services: {a: {ports: {http: {port: 20100}}}, b: {ports: {x: {port: 20100}}}}\n"),
              ElementsAre(HasSubstr("services.b.ports.x.port 20100 is asked for by services.a.ports.http too")));
  EXPECT_THAT(mistakes_in("services: {a: {ports: [x, x]}}\n"), ElementsAre(HasSubstr("\"x\" is stated twice")));
}

TEST_F(ProjectFileTest, ChecksThatContradictThemselvesAreMistakes) {
  EXPECT_THAT(mistakes_in("services: {a: {checks: [{type: tcp, path: /x}]}}\n"),
              ElementsAre(HasSubstr("1:25 services.a.checks[0]")));
  EXPECT_THAT(mistakes_in("services: {a: {checks: [{path: /x}]}}\n"), ElementsAre(HasSubstr("has no \"type\"")));
  EXPECT_THAT(mistakes_in("services: {a: {checks: [{type: command, command: x}]}}\n"), SizeIs(2));
}

TEST_F(ProjectFileTest, EveryFixMendsItsMistake) {
  for (const char* content :
       {"services: {web: {port: [http]}}\n", "services:\n  web:\n    ports: http\n",
        "services: {web: {shared: \"yes\"}}\n", "services: {web: {checks: [{type: htp}]}}\n",
        "services: {web: {checks: [{type: ttl, ttl: 30}]}}\n", "services: {web: {ports: {http: {port: 70000}}}}\n",
        "services: {web: {tags: [5]}}\n", "ports: {strategy: next}\nproject: x\n", "project: x\nproject: y\n",
        "services:\n\tweb: {}\n", "services: {a: {depends_on: [b]}, b: {depends_on: [a]}}\n",
        "services: {a: {env: {X: [1]}}}\n", "services: {a: {env: {1X: a}}}\n",
        "services: {a: {env: {X: \"${services.b.url}\"}}, c: {}}\n",
        "services: {a: {env: {X: \"${services.bb.url}\"}}, bbb: {}}\n", "extends: nowhere.yaml\nproject: x\n",
        "services: {a: {checks: [{type: tcp, path: /x}]}}\n", "services: {a: {depends_on: {b: wel}}, b: {}}\n"}) {
    const auto loaded = load(content);
    ASSERT_THAT(loaded.mistakes, SizeIs(1)) << content;
    ASSERT_TRUE(loaded.mistakes[0].fix) << content;
    const std::string mended = config::apply(content, loaded.mistakes[0].fix->edits);
    EXPECT_TRUE(load(mended).mistakes.empty()) << content << "became\n" << mended << describe(load(mended).mistakes[0]);
  }
}

TEST_F(ProjectFileTest, OneErrorHasAllMistakesAndTheFile) {
  const Error error = error_of(load("project: []\nservices: 5\n").mistakes);
  EXPECT_EQ(error.problem, Problem::invalid_value);
  EXPECT_THAT(error.detail, HasSubstr(":1:10: error: project"));
  EXPECT_THAT(error.detail, HasSubstr(":2:11: error: services"));
  EXPECT_EQ(error.facts.front().name, "file");
}

}  // namespace
}  // namespace portd::config
