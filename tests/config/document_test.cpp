#include "config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portd::config {
namespace {

using ::testing::HasSubstr;

// The only mistake, as "where: key: message".
std::string mistake_in(const std::string& content) {
  const Document document = read_yaml("f", content);
  if (document.mistakes.size() != 1) return std::to_string(document.mistakes.size()) + " mistakes";
  const Mistake& mistake = document.mistakes.front();
  return mistake.where + ": " + mistake.key + ": " + mistake.message;
}

TEST(Document, HasMapsListsAndScalarsWithTheirPlaces) {
  const Document document = read_yaml("f", "a:\n  b: [1, \"2\"]\n  c:\n");
  ASSERT_TRUE(document.mistakes.empty());
  const DocumentNode* a = document.root.find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_NE(a->find("b"), nullptr);
  EXPECT_EQ(a->find("b")->type, DocumentNode::Type::list);
  EXPECT_EQ(a->find("b")->children.at(1).text, "2");
  EXPECT_EQ(document.where(a->find("b")->children.at(1).place), "f:2:10");
  EXPECT_EQ(document.where(a->find("b")->name_place), "f:2:3");
  EXPECT_EQ(a->find("c")->type, DocumentNode::Type::null);
  EXPECT_EQ(a->find("d"), nullptr);
}

TEST(Document, MayBeEmptyOrJson) {
  EXPECT_EQ(read_yaml("f", "").root.type, DocumentNode::Type::null);
  EXPECT_EQ(read_yaml("f", "# only a comment\n").root.type, DocumentNode::Type::null);
  EXPECT_EQ(read_yaml("f", R"({"a": {"b": 1}})").root.find("a")->find("b")->text, "1");
}

TEST(Document, RefusesAnchorsAndAliases) {
  EXPECT_THAT(mistake_in("a: &x 1\nb: *x\n"), HasSubstr("anchors (&name) are not allowed"));
  EXPECT_THAT(mistake_in("a: &x [1]\n"), HasSubstr("f:1:"));
}

TEST(Document, RefusesAnAliasBombAtItsFirstAnchor) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string name = "a" + std::to_string(i), last = "*a" + std::to_string(i - 1);
    bomb += name + ": &" + name + " [" + last + ", " + last + "]\n";
  }
  EXPECT_THAT(mistake_in(bomb), HasSubstr("f:1:"));
}

TEST(Document, Takes32LevelsAndRefuses33) {
  EXPECT_TRUE(read_yaml("f", std::string(32, '[') + std::string(32, ']')).mistakes.empty());
  EXPECT_THAT(mistake_in(std::string(33, '[') + std::string(33, ']')), HasSubstr("more than 32 levels"));
  EXPECT_EQ(read_yaml("f", std::string(200'000, '[')).mistakes.size(), 1U);
}

TEST(Document, Takes10000ValuesAndRefusesMore) {
  std::string list;
  for (int i = 0; i < 9'999; ++i) list += "- 1\n";
  EXPECT_TRUE(read_yaml("f", list).mistakes.empty());
  EXPECT_THAT(mistake_in(list + "- 1\n"), HasSubstr("f:10000:3: : more than 10000 values"));
}

TEST(Document, RefusesRepeatedNamesOfOneMap) {
  EXPECT_EQ(mistake_in("a: 1\nb: {a: 1}\na: 2\n"), "f:3:1: a: is stated twice; keep one");
}

TEST(Document, RefusesASecondDocument) { EXPECT_THAT(mistake_in("a: 1\n---\nb: 1\n"), HasSubstr("a second document")); }

TEST(Document, RefusesKeysThatAreNoWords) {
  EXPECT_THAT(mistake_in("? [a, b]\n: 1\n"), HasSubstr("a key is a plain word"));
}

TEST(Document, NamesThePlaceOfASyntaxError) {
  EXPECT_THAT(mistake_in("a: 1\nb: ]\n"), HasSubstr("f:2:4: : not valid YAML"));
}

}  // namespace
}  // namespace portd::config
