#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::HasSubstr;

TEST(ConfigValidateVerb, NothingWrongIsSilent) {
  const PortcWorld world;
  world.write(".config/portd/portd.yaml", "ports: {strategy: next}\n");
  world.write("shop/portd.yaml", "services: {web: {}}\n");
  const auto ran = world.run({"config", "validate"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out + ran.err, "");
}

TEST(ConfigValidateVerb, ShowsEveryMistakeOfBothFilesWithItsPlace) {
  const PortcWorld world;
  const auto user = world.write(".config/portd/portd.yaml", "ports: {strategy: nxt}\n");
  const auto project = world.write("shop/portd.yaml", "services:\n  web: {prts: [http]}\n  api: {shared: maybe}\n");
  const auto ran = world.run({"config", "validate"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.out, HasSubstr(user.string() + ":1:19: error: ports.strategy must be one of hash, next, random"));
  EXPECT_THAT(ran.out, HasSubstr(project.string() + ":2:9: error: services.web.prts is not a setting"));
  EXPECT_THAT(ran.out, HasSubstr(project.string() + ":3:17: error: services.api.shared must be true or false"));
  EXPECT_EQ(ran.err, "portc: 3 errors, 0 warnings\n");
}

TEST(ConfigValidateVerb, AWarningAloneIsValid) {
  const PortcWorld world;
  world.write("shop/portd.yaml", "services: {web: {depends_on: [elsewhere]}}\n");
  const auto ran = world.run({"config", "validate"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("warning: services.web.depends_on.elsewhere is no service of this project"));
  EXPECT_EQ(ran.err, "portc: 0 errors, 1 warning\n");
}

TEST(ConfigValidateVerb, JsonHasTheEditsThatWouldMendIt) {
  const PortcWorld world;
  const auto file = world.write("shop/portd.yaml", "services: {web: {prts: [http]}}\n");
  const auto ran = world.run({"config", "validate", "--json"});
  EXPECT_EQ(ran.exit, 78);
  const Json json = *parse_json(ran.out);
  EXPECT_EQ(json.at("valid"), false);
  const Json& mistake = json.at("mistakes").at(0);
  EXPECT_EQ(mistake.at("file"), file.string());
  EXPECT_EQ(mistake.at("line"), 1);
  EXPECT_EQ(mistake.at("severity"), "error");
  EXPECT_EQ(mistake.at("fix").at("edits").at(0).at("text"), "ports");
}

TEST(ConfigValidateVerb, JsonOfWhatIsValidHasNoMistakes) {
  const PortcWorld world;
  EXPECT_EQ(*parse_json(world.run({"config", "validate", "--json"}).out),
            *parse_json(R"({"valid": true, "mistakes": []})"));
}

TEST(ConfigValidateVerb, FixMendsTheFilesOneMistakeAfterTheOther) {
  const PortcWorld world;
  const auto user = world.write(".config/portd/portd.yaml", "ports: {stratgy: nxt}  # mine\n");
  const auto project = world.write("shop/portd.yaml", "services:\n  web: {prts: [http]}\n");
  const auto ran = world.run({"config", "validate", "--fix"});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_EQ(read_file(user, 1000).value(), "ports: {strategy: next}  # mine\n");
  EXPECT_EQ(read_file(project, 1000).value(), "services:\n  web: {ports: [http]}\n");
  EXPECT_THAT(ran.err, HasSubstr(user.string() + ":1:9: ports.stratgy: rename it to \"strategy\"\n"));
}

TEST(ConfigValidateVerb, FixLeavesWhatItCannotMend) {
  PortcWorld world;
  const auto file = world.write("shop/portd.yaml", "services: [\n");
  world.environment.variables["PORTD_CFG_PORTS__STRATEGY"] = "nxt";
  const auto ran = world.run({"config", "validate", "--fix", "--set", "ports.hold=opne"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_EQ(read_file(file, 1000).value(), "services: [\n");
  EXPECT_THAT(ran.out, HasSubstr("PORTD_CFG_PORTS__STRATEGY: error: ports.strategy must be"));
  EXPECT_THAT(ran.out, HasSubstr("--set: error: ports.hold must be"));
  EXPECT_FALSE(std::filesystem::exists("PORTD_CFG_PORTS__STRATEGY"));
}

TEST(ConfigValidateVerb, AFileIsCheckedByItselfAsWhatItIs) {
  const PortcWorld world;
  world.write("shop/portd.yaml", "services: [\n");
  world.write("shop/one.yaml", "services: {web: {ports: [http]}}\n");
  world.write("shop/two.yaml", "ports: {strategy: next}\n");
  world.write("shop/three.json", R"({"ports": {"strategy": "nxt"}})");
  EXPECT_EQ(world.run({"config", "validate", "one.yaml"}).exit, 0);
  EXPECT_EQ(world.run({"config", "validate", "two.yaml"}).exit, 0);
  EXPECT_EQ(world.run({"config", "validate", "three.json"}).exit, 78);
}

TEST(ConfigValidateVerb, AFileThatIsNotThereIsSaid) {
  const PortcWorld world;
  const auto ran = world.run({"config", "validate", "absent.yaml"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_EQ(ran.err, "portc: there is no file " + (world.home / "shop/absent.yaml").string() + "\n");
}

TEST(ConfigValidateVerb, TwoProjectFilesInOneFolderAreAMistake) {
  const PortcWorld world;
  world.write("shop/portd.yaml", "");
  world.write("shop/portd.json", "{}");
  const auto ran = world.run({"config", "validate"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.err, HasSubstr("has portd.yaml and portd.json; keep one of them"));
}

}  // namespace
}  // namespace portd::client
