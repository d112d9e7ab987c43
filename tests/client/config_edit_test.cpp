#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::Ran;
using ::testing::HasSubstr;
using ::testing::Not;

// A world whose editor is a script: $1 is what it edits, $FILE the user's file.
class ConfigEditVerb : public testing::Test {
 protected:
  Ran edit(const std::string& script, std::vector<std::string> options = {}) {
    const auto editor = world.write("editor.sh", "set -e\n" + script + "\n");
    world.environment.variables["EDITOR"] = "/bin/sh " + editor.string();
    world.environment.variables["FILE"] = user.string();
    std::filesystem::remove(drafts / "made");
    world.environment.variables["TMPDIR"] = drafts.string();
    options.insert(options.begin(), {"config", "edit"});
    return world.run(options);
  }

  std::string user_content() const { return read_file(user, 100'000).value(); }
  // The one that was left, or a path that is not there.
  std::filesystem::path draft() const {
    for (const auto& entry : std::filesystem::directory_iterator(drafts)) return entry.path() / "portd.yaml";
    return drafts / "none";
  }

  test::PortcWorld world;
  std::filesystem::path drafts = world.write("drafts/made", "").parent_path();
  std::filesystem::path user = world.write(".config/portd/portd.yaml", "ports: {strategy: hash}\n");
};

TEST_F(ConfigEditVerb, ReplacesTheFileWithWhatWasWritten) {
  const auto ran = edit("sed -i.bak s/hash/next/ \"$1\" && rm \"$1.bak\"");
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(user_content(), "ports: {strategy: next}\n");
  EXPECT_EQ(read_file(user.string() + "~", 100).value(), "ports: {strategy: hash}\n");
  EXPECT_FALSE(std::filesystem::exists(draft()));
}

TEST_F(ConfigEditVerb, VisualWinsOverEditor) {
  world.environment.variables["VISUAL"] = "false";
  EXPECT_EQ(edit("exit 0").exit, 2);
}

TEST_F(ConfigEditVerb, NothingChangedIsSaid) {
  const auto ran = edit("true");
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: nothing was changed\n");
  EXPECT_FALSE(std::filesystem::exists(user.string() + "~"));
}

TEST_F(ConfigEditVerb, AFileThatIsNotThereBeginsWithAHint) {
  std::filesystem::remove(user);
  EXPECT_EQ(edit("grep -q yaml-language-server \"$1\"").err, "portc: nothing was changed\n");
  EXPECT_FALSE(std::filesystem::exists(user));
  EXPECT_EQ(edit("echo 'ports: {strategy: next}' >> \"$1\"").exit, 0);
  EXPECT_THAT(user_content(), HasSubstr("ports: {strategy: next}\n"));
}

TEST_F(ConfigEditVerb, MistakesAreShownAndWhatWasWrittenIsKept) {
  const auto ran = edit("echo 'ports: {stratgy: next}' > \"$1\"");
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.out, HasSubstr("did you mean \"ports.strategy\"?"));
  EXPECT_THAT(ran.err, HasSubstr("what you wrote is in " + draft().string()));
  EXPECT_EQ(read_file(draft(), 100).value(), "ports: {stratgy: next}\n");
  EXPECT_EQ(user_content(), "ports: {strategy: hash}\n");
}

TEST_F(ConfigEditVerb, AFileThatChangedMeanwhileIsNotOverwritten) {
  const auto ran = edit("echo 'ports: {strategy: next}' > \"$1\"; echo '# other' > \"$FILE\"");
  EXPECT_EQ(ran.exit, 4);
  EXPECT_THAT(ran.err, HasSubstr("was changed meanwhile; nothing is written, try again"));
  EXPECT_EQ(user_content(), "# other\n");
  EXPECT_EQ(read_file(draft(), 100).value(), "ports: {strategy: next}\n");
}

TEST_F(ConfigEditVerb, AFailingEditorChangesNothingAndLeavesNothing) {
  const auto ran = edit("exit 3");
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("failed; nothing is changed"));
  EXPECT_THAT(ran.err, Not(HasSubstr("what you wrote")));
  EXPECT_FALSE(std::filesystem::exists(draft()));
}

TEST_F(ConfigEditVerb, WithoutAnEditorItTellsHowToNameOne) {
  world.environment.variables["PATH"] = (world.home / "empty").string();
  const auto ran = world.run({"config", "edit"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err, "portc: there is no editor; set EDITOR, such as EDITOR=nano\n");
}

TEST_F(ConfigEditVerb, ProjectIsTheProjectsFile) {
  EXPECT_EQ(edit("true", {"--project"}).exit, 3);
  const auto file = world.write("shop/portd.yaml", "services: {web: {}}\n");
  EXPECT_EQ(edit("echo 'services: {api: {}}' > \"$1\"", {"--project"}).exit, 0);
  EXPECT_EQ(read_file(file, 100).value(), "services: {api: {}}\n");
}

TEST_F(ConfigEditVerb, AStatedFileIsEditedInPlaceOfTheUsers) {
  EXPECT_EQ(edit("echo 'api: {port: 7800}' > \"$1\"", {"--file", "mine.yaml"}).exit, 0);
  EXPECT_EQ(read_file(world.home / "shop/mine.yaml", 100).value(), "api: {port: 7800}\n");
}

}  // namespace
}  // namespace portd::client
