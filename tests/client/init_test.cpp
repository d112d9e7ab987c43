#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "common/file.hpp"
#include "config/project.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class InitVerb : public testing::Test {
 protected:
  std::string written() const { return read_file(file, 100'000).value(); }
  // What the written file means.
  config::LoadedProject loaded() const { return config::load_project({.file = file}); }

  test::PortcWorld world;
  std::filesystem::path file = world.home / "shop/portd.yaml";
  std::filesystem::path agents = world.home / "shop/AGENTS.md";
};

TEST_F(InitVerb, WritesAFileThatIsValidAndNamesTheFolder) {
  const auto ran = world.run({"init"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "wrote " + file.string() + "\n");
  EXPECT_THAT(written(), HasSubstr("# yaml-language-server: $schema=http://localhost:7700/config/schema\n"));
  EXPECT_THAT(loaded().mistakes, IsEmpty());
  EXPECT_EQ(loaded().project.name, "default");
  ASSERT_EQ(loaded().project.services.size(), 1U);
  EXPECT_EQ(loaded().project.services[0].name, "shop");
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0644));
}

// Examples stand behind a "#" alone, explanations behind "# ".
TEST_F(InitVerb, TheExamplesInCommentsAreValidButForTheirServices) {
  world.run({"init"});
  config::ProjectSources sources{.file = file};
  sources.content = std::regex_replace(written(), std::regex("#([a-z]|  )"), "$1");
  EXPECT_THAT(*sources.content, HasSubstr("\n  testing: {services: {shop: {env: {DEBUG: \"0\"}}}}\n"));
  for (const auto& mistake : config::load_project(sources).mistakes) {
    EXPECT_THAT(mistake.message, HasSubstr("is no service of this project")) << config::describe(mistake);
  }
}

TEST_F(InitVerb, KeepsTheNamesThatTheFolderHadUntilNow) {
  std::filesystem::create_directories(world.home / "shop/.git");
  world.write("shop/package.json", R"({"name": "@acme/store", "scripts": {"dev": "vite"}})");
  world.answers = {{"GET /ports?project=shop&service=store&instance=main", {200, test::list_of({})}},
                   {"POST /ports", {201, test::granted("shop/store", 20123)}}};
  world.start_portd();
  world.run({"port"});
  EXPECT_EQ(world.run({"init"}).exit, 0);
  world.run({"port"});
  EXPECT_EQ(world.portd->requests().at(1).body, world.portd->requests().at(3).body);
  EXPECT_EQ(loaded().project.services[0].command->argv, std::vector<std::string>{"npm run dev"});
}

TEST_F(InitVerb, SharedServicesAreWhatTheOthersDependOn) {
  world.write("shop/requirements.txt", "flask\n");
  world.write("shop/compose.yaml", "services: {db: {image: postgres, ports: [\"5432:5432\"]}}\n");
  EXPECT_EQ(world.run({"init"}).exit, 0);
  const auto project = loaded();
  EXPECT_THAT(project.mistakes, IsEmpty());
  ASSERT_EQ(project.project.services.size(), 2U);
  EXPECT_EQ(project.project.services[0].depends_on.at(0).on.service, "db");
  EXPECT_TRUE(project.project.services[1].shared);
  EXPECT_THAT(written(), HasSubstr("# in compose.yaml: \"${DB_PORT}:5432\", after portc env > .env\n"));
}

TEST_F(InitVerb, NamesThatYamlWouldReadOtherwiseAreQuoted) {
  world.environment.folder = world.home / "123";
  std::filesystem::create_directories(world.environment.folder);
  EXPECT_EQ(world.run({"init"}).exit, 0);
  file = world.home / "123/portd.yaml";
  EXPECT_THAT(written(), HasSubstr("  \"123\":\n"));
  EXPECT_THAT(loaded().mistakes, IsEmpty());
}

TEST_F(InitVerb, TheSchemaIsWhereTheRunningPortdServesIt) {
  world.serve();
  ASSERT_TRUE(
      write_endpoint(world.environment.paths(), {"http://127.0.0.1:7703", world.socket().string(), ::getpid()}));
  world.run({"init"});
  EXPECT_THAT(written(), HasSubstr("$schema=http://localhost:7703/config/schema\n"));
}

TEST_F(InitVerb, AFileThatIsThereIsNotOverwritten) {
  world.write("shop/portd.yaml", "services: {api: {}}\n");
  const auto ran = world.run({"init"});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_THAT(ran.err, HasSubstr(file.string() + " is there already; change it with portc config set"));
  EXPECT_EQ(written(), "services: {api: {}}\n");
}

TEST_F(InitVerb, ForceWritesItAnewWithItsNamesAndKeepsTheOldOne) {
  world.write("shop/portd.yaml", "project: store\nservices: {api: {}}\n");
  EXPECT_EQ(world.run({"init", "--force"}).exit, 0);
  EXPECT_EQ(loaded().project.name, "store");
  EXPECT_EQ(loaded().project.services.at(0).name, "api");
  EXPECT_EQ(read_file(file.string() + "~", 1000).value(), "project: store\nservices: {api: {}}\n");
}

TEST_F(InitVerb, ForceWritesABrokenFileAnew) {
  world.write("shop/portd.yaml", "services: [\n");
  const auto ran = world.run({"init", "--force"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(loaded().project.services.at(0).name, "shop");
}

TEST_F(InitVerb, AJsonFileIsNotJoinedByAnother) {
  world.write("shop/portd.json", "{}");
  const auto ran = world.run({"init", "--force"});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_THAT(ran.err, HasSubstr("one of the two is enough, remove it first"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(InitVerb, AgentsWritesBothFiles) {
  const auto ran = world.run({"init", "--agents", "--json"});
  EXPECT_EQ(*parse_json(ran.out), Json({{"files", {file.string(), agents.string()}}}));
  const std::string text = read_file(agents, 10'000).value();
  EXPECT_TRUE(text.starts_with("<!-- portd: begin -->\n## Ports\n"));
  EXPECT_TRUE(text.ends_with("<!-- portd: end -->\n"));
}

TEST_F(InitVerb, AgentsLeavesAProjectThatIsThereAsItIs) {
  world.write("shop/portd.yaml", "services: {api: {}}\n");
  EXPECT_EQ(world.run({"init", "--agents"}).out, "wrote " + agents.string() + "\n");
  EXPECT_EQ(written(), "services: {api: {}}\n");
}

TEST_F(InitVerb, TheSectionIsAddedOnceBelowWhatIsThere) {
  world.write("shop/AGENTS.md", "# Rules\nBe kind.");
  world.run({"init", "--agents"});
  const std::string once = read_file(agents, 10'000).value();
  EXPECT_TRUE(once.starts_with("# Rules\nBe kind.\n\n<!-- portd: begin -->\n"));
  world.run({"init", "--agents"});
  EXPECT_EQ(read_file(agents, 10'000).value(), once);
  EXPECT_FALSE(std::filesystem::exists(agents.string() + "~"));
}

TEST_F(InitVerb, AnOldSectionIsReplacedInPlace) {
  world.write("shop/AGENTS.md", "above\n<!-- portd: begin -->\nold\n<!-- portd: end -->\nbelow\n");
  std::filesystem::permissions(agents, std::filesystem::perms(0640));
  world.run({"init", "--agents"});
  const std::string text = read_file(agents, 10'000).value();
  EXPECT_TRUE(text.starts_with("above\n<!-- portd: begin -->\n## Ports\n"));
  EXPECT_TRUE(text.ends_with("<!-- portd: end -->\nbelow\n"));
  EXPECT_THAT(text, Not(HasSubstr("old\n")));
  EXPECT_EQ(std::filesystem::status(agents).permissions(), std::filesystem::perms(0640));
}

TEST_F(InitVerb, AFolderThatCannotBeWrittenIsSaid) {
  if (::geteuid() == 0) GTEST_SKIP() << "root writes anywhere";
  std::filesystem::permissions(world.home / "shop", std::filesystem::perms(0500));
  const auto ran = world.run({"init"});
  std::filesystem::permissions(world.home / "shop", std::filesystem::perms(0700));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot write"));
}

}  // namespace
}  // namespace portd::client
