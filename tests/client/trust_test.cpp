#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class TrustVerb : public testing::Test {
 protected:
  int check() const { return world.run({"trust", "--check"}).exit; }

  test::PortcWorld world;
  std::filesystem::path project = world.write("shop/portd.yaml",
                                              "extends: ../base.yaml\n"
                                              "services:\n"
                                              "  web: {command: flask run}\n"
                                              "  api: {command: [./serve, --fast], cwd: api}\n");
  std::filesystem::path base = world.write("base.yaml", "services: {db: {shared: true}}\n");
};

TEST_F(TrustVerb, IsGivenWithTheCommandsThatMayRunThen) {
  EXPECT_EQ(check(), 77);
  const auto ran = world.run({"trust"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("SERVICE  COMMAND            FOLDER\n"));
  EXPECT_THAT(ran.out, HasSubstr("web      flask run          " + (world.home / "shop").string() + "\n"));
  EXPECT_THAT(ran.out, HasSubstr("api      [./serve, --fast]  " + (world.home / "shop/api").string() + "\n"));
  EXPECT_EQ(ran.err, "portc: " + project.string() + " is trusted until it is edited\n");
  EXPECT_EQ(check(), 0);
}

TEST_F(TrustVerb, JsonHasTheCommandsByService) {
  EXPECT_EQ(*parse_json(world.run({"trust", "--json"}).out),
            Json({{"file", project.string()},
                  {"trusted", true},
                  {"commands", {{"web", "flask run"}, {"api", "[./serve, --fast]"}}},
                  {"elsewhere", Json::object()}}));
}

TEST_F(TrustVerb, ShowsWhatRunsInEveryEnvironmentAndInstance) {
  world.write("shop/portd.yaml",
              "services: {web: {command: flask run}}\n"
              "environments: {testing: {services: {web: {command: pytest}}}, ci: {services: {web: {tags: [a]}}}}\n"
              "instances: {blue: {services: {job: {command: make job}}}}\n");
  const std::string out = world.run({"trust"}).out;
  EXPECT_THAT(out, ContainsRegex("web +flask run +"));
  EXPECT_THAT(out, ContainsRegex("web in testing +pytest +"));
  EXPECT_THAT(out, ContainsRegex("job in blue +make job +"));
  EXPECT_THAT(out, Not(HasSubstr("in ci")));
  EXPECT_EQ(parse_json(world.run({"trust", "--json"}).out)->at("elsewhere"),
            *parse_json(R"({"testing": {"web": "pytest"}, "blue": {"job": "make job"}})"));
}

TEST_F(TrustVerb, CheckTellsWhatToDo) {
  const auto before = world.run({"trust", "--check", "--json"});
  EXPECT_EQ(before.exit, 77);
  EXPECT_EQ(*parse_json(before.out), Json({{"file", project.string()}, {"trusted", false}}));
  EXPECT_EQ(before.err, "portc: " + project.string() +
                            " is not trusted, or was edited since; read its commands, then: portc trust\n");
  world.run({"trust"});
  EXPECT_EQ(world.run({"trust", "--check"}).out, project.string() + " is trusted\n");
}

TEST_F(TrustVerb, AnyEditTakesItBack) {
  world.run({"trust"});
  world.write("shop/portd.yaml", read_file(project, 1000).value() + "#\n");
  EXPECT_EQ(check(), 77);
  world.run({"trust"});
  world.write("base.yaml", "services: {db: {command: rm -rf /}}\n");
  EXPECT_EQ(check(), 77);
}

TEST_F(TrustVerb, AnotherFolderWithTheSameFileIsNotTrusted) {
  world.run({"trust"});
  std::filesystem::copy(world.home / "shop", world.home / "fork");
  world.environment.folder = world.home / "fork";
  EXPECT_EQ(check(), 77);
}

TEST_F(TrustVerb, IsKeptForItsOwnerOnly) {
  world.run({"trust"});
  EXPECT_EQ(std::filesystem::status(world.home / "state/trusted.json").permissions(), std::filesystem::perms(0600));
}

TEST_F(TrustVerb, UntrustTakesItBack) {
  world.run({"trust"});
  EXPECT_EQ(world.run({"untrust"}).out, project.string() + " is no longer trusted\n");
  EXPECT_EQ(check(), 77);
  const auto again = world.run({"untrust"});
  EXPECT_EQ(again.exit, 3);
  EXPECT_EQ(again.err, "portc: " + project.string() + " is not trusted\n");
}

TEST_F(TrustVerb, UntrustTakesAFileThatIsGone) {
  world.run({"trust"});
  std::filesystem::remove(project);
  EXPECT_EQ(world.run({"untrust"}).exit, 3);
  EXPECT_EQ(*parse_json(world.run({"untrust", "portd.yaml", "--json"}).out),
            Json({{"file", project.string()}, {"trusted", false}}));
}

TEST_F(TrustVerb, UntrustFollowsLinksAsTrustDoes) {
  std::filesystem::create_directories(world.home / "links");
  std::filesystem::create_symlink(project, world.home / "links/portd.yaml");
  world.environment.folder = world.home / "links";
  EXPECT_EQ(world.run({"trust"}).exit, 0);
  EXPECT_EQ(world.run({"untrust"}).exit, 0);
  world.run({"trust"});
  EXPECT_EQ(world.run({"untrust", (world.home / "links/portd.yaml").string()}).exit, 0);
  EXPECT_EQ(check(), 77);
}

TEST_F(TrustVerb, ListShowsWhatIsTrusted) {
  EXPECT_EQ(world.run({"trust", "--list"}).out, "");
  world.run({"trust"});
  EXPECT_EQ(world.run({"trust", "--list"}).out, project.string() + "\n");
  EXPECT_EQ(*parse_json(world.run({"trust", "--list", "--json"}).out), Json({{"files", {project.string()}}}));
  EXPECT_EQ(world.run({"trust", "--list", "--check"}).exit, 2);
}

TEST_F(TrustVerb, WithoutAProjectThereIsNothingToTrust) {
  std::filesystem::remove(project);
  const auto ran = world.run({"trust"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("there is no portd.yaml in this folder or above it"));
}

TEST_F(TrustVerb, ABrokenProjectIsNotTrusted) {
  world.write("shop/portd.yaml", "services: [\n");
  EXPECT_EQ(world.run({"trust"}).exit, 78);
  EXPECT_EQ(world.run({"trust", "--list"}).out, "");
}

TEST_F(TrustVerb, ADamagedListTrustsNothing) {
  world.write("state/trusted.json", "{\"trusted\": [1]}");
  const auto ran = world.run({"trust", "--check"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.err, HasSubstr("is damaged; remove it and trust your projects again"));
  world.write("state/trusted.json", dump_json(Json{{"trusted", {{project.string(), 1}}}}));
  EXPECT_EQ(check(), 77);
}

TEST_F(TrustVerb, ACommandCannotWriteToTheTerminal) {
  world.write("shop/portd.yaml", "services: {web: {command: \"a\\e[2Jb\"}}\n");
  EXPECT_EQ(world.run({"trust"}).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace portd::client
