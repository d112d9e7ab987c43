#include "config/validation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/document.hpp"
#include "config/source_text.hpp"

namespace portd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<Mistake> validated(const std::string& content, Scope scope = Scope::daemon) {
  Document document = read_yaml("portd.yaml", content);
  validate(document.root, scope, document.mistakes);
  sort_by_place(document.mistakes);
  return document.mistakes;
}

TEST(Validation, ShowsTheLineWithACaret) {
  const auto mistakes = validated("ports:\n  stratgy: next  # é\n");
  ASSERT_THAT(mistakes, SizeIs(1));
  EXPECT_EQ(describe(mistakes[0]),
            "portd.yaml:2:3: error: ports.stratgy is not a setting; did you mean \"ports.strategy\"?\n"
            "  2 |   stratgy: next  # é\n"
            "    |   ^^^^^^^\n"
            "  fix: rename it to \"strategy\"");
}

TEST(Validation, NamesWhatThereIsWhereNothingIsNear) {
  EXPECT_THAT(describe(validated("watch: {frequency: 1s}\n")[0]), HasSubstr("is not a setting; there are interval"));
}

TEST(Validation, TypesPlainScalarsAsYamlDoes) {
  EXPECT_TRUE(validated("api: {port: 7800}\n").empty());
  EXPECT_THAT(describe(validated("api: {port: \"7800\"}\n")[0]), HasSubstr("fix: write 7800"));
  EXPECT_THAT(describe(validated("history: {enabled: yes}\n")[0]), HasSubstr("fix: write true"));
  EXPECT_THAT(describe(validated("history: {max_size: 200}\n")[0]), HasSubstr("fix: write 200MB"));
  EXPECT_THAT(describe(validated("history: {max_size: 9MB}\n")[0]), HasSubstr("must be from 10MB to 1000GB"));
  EXPECT_THAT(describe(validated("services: {a: {tags: [1.5]}}\n", Scope::project)[0]),
              HasSubstr("fix: write \"1.5\""));
  EXPECT_TRUE(validated("services: {a: {env: {X: 1.5, Y: on, Z: 0x1F}}}\n", Scope::project).empty());
}

// A file with one mistake of each kind: the fixes of one run, made together, leave none.
TEST(Validation, FixesOfOneRunMendAllOfIt) {
  const std::string content =
      "api:\n"
      "  port: \"7800\"\n"
      "ports:\n"
      "  stratgy: next\n"
      "  hold: tight  # why\n"
      "  exclude: 25565\n"
      "\tranges: {web: 60000-70000}\n"
      "leases: {ttl: 30}\n"
      "leases: {memory: 1d}\n"
      "services: {web: {}}\n"
      "log: {level: inf}\n";
  const auto mistakes = validated(content);
  EXPECT_THAT(mistakes, SizeIs(10));
  std::vector<TextEdit> edits;
  for (const Mistake& mistake : mistakes) {
    ASSERT_TRUE(mistake.fix) << describe(mistake);
    edits.insert(edits.end(), mistake.fix->edits.begin(), mistake.fix->edits.end());
  }
  const std::string mended = config::apply(content, edits);
  const auto left = validated(mended);
  EXPECT_TRUE(left.empty()) << mended << describe(left[0]);
  EXPECT_THAT(mended, HasSubstr("  strategy: next\n"));
}

TEST(Validation, AMistakeAsJsonHasItsFix) {
  const Json json = to_json(validated("log: {level: inf}\n")[0]);
  EXPECT_EQ(
      json.dump(),
      R"({"file":"portd.yaml","line":1,"column":14,"severity":"error","key":"log.level","message":)"
      R"("must be one of trace, debug, info, warn, error, off, not \"inf\"; did you mean \"info\"?","fix":)"
      R"({"title":"write info","removes":false,"edits":[{"line":1,"column":14,"end_line":1,"end_column":17,"text":"info"}]}})");
}

TEST(Validation, TextsAreBoundedBeforeAnythingLooksAtThem) {
  EXPECT_THAT(describe(validated("log: {file: /" + std::string(5000, 'a') + "}\n")[0]),
              HasSubstr("must not be longer than 4096 bytes"));
  EXPECT_THAT(describe(validated("ports: {" + std::string(200, 'a') + ": 1}\n")[0]), HasSubstr("a name of more than"));
  EXPECT_TRUE(validated("log: {file: /" + std::string(4095, 'a') + "}\n").empty());
}

}  // namespace
}  // namespace portd::config
