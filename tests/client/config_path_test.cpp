#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::ContainsRegex;

TEST(ConfigPathVerb, IsTheUsersFileWhetherItIsThereOrNot) {
  PortcWorld world;
  EXPECT_EQ(world.run({"config", "path"}).out, (world.home / ".config/portd/portd.yaml\n").string());
  world.environment.variables["XDG_CONFIG_HOME"] = (world.home / "xdg").string();
  EXPECT_EQ(world.run({"config", "path"}).out, (world.home / "xdg/portd/portd.yaml\n").string());
  world.environment.variables["PORTD_CONFIG"] = (world.home / "mine.yaml").string();
  EXPECT_EQ(world.run({"config", "path"}).out, (world.home / "mine.yaml\n").string());
  EXPECT_EQ(world.run({"config", "path", "--config", "../other.yaml"}).out, (world.home / "other.yaml\n").string());
}

TEST(ConfigPathVerb, IsTheJsonFileWhereOnlyThatIsThere) {
  const PortcWorld world;
  const auto file = world.write(".config/portd/portd.json", "{}");
  EXPECT_EQ(world.run({"config", "path"}).out, file.string() + "\n");
}

TEST(ConfigPathVerb, NeedsAHome) {
  PortcWorld world;
  world.environment.variables.erase("HOME");
  const auto ran = world.run({"config", "path"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_EQ(ran.err, "portc: neither HOME nor XDG_CONFIG_HOME is set; state the file with --config\n");
}

TEST(ConfigPathVerb, AllAreInTheOrderOfTheLayers) {
  const PortcWorld world;
  world.write("base.yaml", "services: {db: {}}\n");
  const auto project = world.write("shop/portd.yaml", "extends: ../base.yaml\n");
  const auto ran = world.run({"config", "path", "--all"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex("LAYER +FILE +THERE\n"
                                     "system +/etc/portd/portd.yaml +(yes|no)\n"
                                     "user +.*/.config/portd/portd.yaml +no\n"
                                     "project +.*/base.yaml +yes\n"
                                     "project +.*/shop/portd.yaml +yes\n"));
}

TEST(ConfigPathVerb, JsonHasAllOfThem) {
  const PortcWorld world;
  const auto file = world.write(".config/portd/portd.yaml", "");
  const Json files = parse_json(world.run({"config", "path", "--json"}).out)->at("files");
  EXPECT_EQ(files.at(1), Json({{"layer", "user"}, {"file", file.string()}, {"exists", true}}));
}

TEST(ConfigPathVerb, ABrokenProjectDoesNotHideItsFile) {
  const PortcWorld world;
  world.write("shop/portd.yaml", "services: [\n");
  EXPECT_THAT(world.run({"config", "path", "--all"}).out, ContainsRegex("project +.*/shop/portd.yaml +yes\n"));
}

}  // namespace
}  // namespace portd::client
