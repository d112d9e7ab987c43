#include "config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/source_text.hpp"

namespace portd::config {
namespace {

using ::testing::HasSubstr;

// The only mistake, as "where: key: message".
std::string mistake_in(const std::string& content) {
  const Document document = read_yaml("f", content);
  if (document.mistakes.size() != 1) return std::to_string(document.mistakes.size()) + " mistakes";
  const Mistake& mistake = document.mistakes.front();
  return mistake.where() + ": " + mistake.key + ": " + mistake.message;
}

TEST(Document, HasMapsListsAndScalarsWithTheirPlaces) {
  const Document document = read_yaml("f", "a:\n  b: [1, \"2\"]\n  c:\n");
  ASSERT_TRUE(document.mistakes.empty());
  const Value* a = document.root.find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_NE(a->find("b"), nullptr);
  EXPECT_EQ(a->find("b")->type, Value::Type::list);
  EXPECT_EQ(a->find("b")->children.at(1).text, "2");
  EXPECT_EQ(a->find("b")->children.at(1).where(), "f:2:10");
  EXPECT_EQ(a->find("b")->name_place, (Place{2, 3}));
  EXPECT_TRUE(a->find("b")->flow);
  EXPECT_FALSE(a->flow);
  EXPECT_FALSE(a->find("b")->children.at(0).quoted);
  EXPECT_TRUE(a->find("b")->children.at(1).quoted);
  EXPECT_EQ(a->find("c")->type, Value::Type::null);
  EXPECT_EQ(a->find("d"), nullptr);
}

TEST(Document, CountsColumnsInCharacters) {
  const Document document = read_yaml("f", "\xEF\xBB\xBFgröße: [日本, x]\nö: {ä: 1, b: 2}\n");
  EXPECT_EQ(document.root.find("größe")->children.at(1).place, (Place{1, 13}));
  EXPECT_EQ(document.root.find("ö")->find("b")->name_place, (Place{2, 11}));
  EXPECT_THAT(mistake_in("ö: [ä, &x y]\n"), HasSubstr("f:1:8:"));
  EXPECT_THAT(mistake_in("ö: [ä, x}\n"), HasSubstr("f:1:9:"));
}

TEST(Document, MayBeEmptyOrJson) {
  EXPECT_EQ(read_yaml("f", "").root.type, Value::Type::null);
  EXPECT_EQ(read_yaml("f", "# only a comment\n").root.type, Value::Type::null);
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

// --- What is told with a fix -----------------------------------------------------------------------------------------

// The content with the fixes of all mistakes made.
std::string mended(const Document& document) {
  std::vector<TextEdit> edits;
  for (const Mistake& mistake : document.mistakes) {
    if (mistake.fix) edits.insert(edits.end(), mistake.fix->edits.begin(), mistake.fix->edits.end());
  }
  return config::apply(document.source->content, std::move(edits));
}

TEST(Document, LocatesTabsAsIndentationAndReadsEverythingElse) {
  const Document document = read_yaml("f", "a:\n\tb: 1\n\tc: x\ty\nd: [2]\n");
  ASSERT_EQ(document.mistakes.size(), 2U);
  EXPECT_EQ(document.mistakes[0].where(), "f:2:1");
  EXPECT_EQ(document.mistakes[1].where(), "f:3:1");
  EXPECT_THAT(document.mistakes[0].message, HasSubstr("a tab as indentation"));
  ASSERT_NE(document.root.find("a"), nullptr);
  EXPECT_EQ(document.root.find("a")->find("b")->text, "1");
  EXPECT_EQ(document.root.find("a")->find("b")->name_place, (Place{2, 2}));
  EXPECT_EQ(document.root.find("a")->find("c")->where(), "f:3:5");
  EXPECT_EQ(document.root.find("d")->where(), "f:4:4");
  EXPECT_EQ(mended(document), "a:\n  b: 1\n  c: x\ty\nd: [2]\n");
}

TEST(Document, TakesTabsThatIndentNothing) { EXPECT_TRUE(read_yaml("f", "a: 1\t# one\n\t\nb:\t2\n").mistakes.empty()); }

TEST(Document, TellsHowARepeatedNameIsMended) {
  for (const std::string content : {"a: 1\nb: {a: 1}\na: 2\n", "a: {x: 1, y: 2, x: 3}\n", "b:\n  - c: 1\n    c: 2\n",
                                    "a: 1\na:\n  b: 2\n  # more\nc: 1\n", "b:\n\tc: 1\n\tc: 2\n"}) {
    const Document document = read_yaml("f", content);
    ASSERT_FALSE(document.mistakes.empty()) << content;
    ASSERT_TRUE(document.mistakes.back().fix) << content;
    EXPECT_EQ(document.mistakes.back().message, "is stated twice; keep one");
    EXPECT_TRUE(read_yaml("f", mended(document)).mistakes.empty()) << mended(document);
  }
}

TEST(Document, KeepsTheFirstOfARepeatedName) {
  EXPECT_EQ(mended(read_yaml("f", "a: 1\nb: 2\na: 3 # again\n")), "a: 1\nb: 2\n");
  EXPECT_EQ(mended(read_json("f", "{\"a\": 1, \"a\": 2}")), "{\"a\": 1}");
}

TEST(Document, LocatesThousandsOfRepeatedNamesQuickly) {
  std::string content;
  for (int i = 0; i < 4'900; ++i) content += "name: 1\n";
  const Document document = read_yaml("f", content);
  EXPECT_EQ(document.mistakes.size(), 4'899U);
  EXPECT_TRUE(document.mistakes.front().fix);
  EXPECT_FALSE(document.mistakes.back().fix);
}

// --- What is no text, or says more than a setting may ----------------------------------------------------------------

TEST(Document, RefusesWhatIsNoText) {
  EXPECT_EQ(mistake_in(std::string("a: 1\nb: \0\n", 10)), "f:2:4: : a NUL byte; the file must be text");
  EXPECT_EQ(mistake_in("a: ä\xFF\n"), "f:1:5: : not UTF-8; save the file as UTF-8");
  EXPECT_EQ(mistake_in("\xED\xA0\x80"), "f:1:1: : not UTF-8; save the file as UTF-8");
  EXPECT_THAT(mistake_in(std::string(largest_document + 1, '#')), HasSubstr("is larger than 262144 bytes"));
}

TEST(Document, RefusesExplicitTags) {
  EXPECT_EQ(mistake_in("a: !!python/object x\n"), "f:1:4: : tags (!name) are not allowed; leave it out");
  EXPECT_THAT(mistake_in("a: !secret [1]\n"), HasSubstr("tags (!name) are not allowed"));
  EXPECT_THAT(mistake_in("!!map {a: 1}\n"), HasSubstr("tags (!name) are not allowed"));
}

// --- JSON ------------------------------------------------------------------------------------------------------------

TEST(JsonDocument, HasTheSamePlacesAsYaml) {
  const Document document = read_json("f.json", "{\n\t\"a\": {\"ö\": [1, null]},\n\t\"b\": \"~\"\n}\n");
  ASSERT_TRUE(document.mistakes.empty());
  const Value* list = document.root.find("a")->find("ö");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->name_place, (Place{2, 8}));
  EXPECT_EQ(list->children.at(0).where(), "f.json:2:14");
  EXPECT_EQ(list->children.at(1).type, Value::Type::null);
  EXPECT_EQ(document.root.find("b")->where(), "f.json:3:7");
  EXPECT_EQ(document.root.find("b")->text, "~");
}

TEST(JsonDocument, HasSurrogatePairsAndKeepsThePlacesBehindThem) {
  const Document document = read_json("f", R"({"\ud83d\ude00": "\\ud83d\u00e4\ud83d\ude00", "b": 1})");
  ASSERT_TRUE(document.mistakes.empty());
  EXPECT_EQ(document.root.children.at(0).name, "😀");
  EXPECT_EQ(document.root.children.at(0).text, "\\ud83dä😀");
  EXPECT_EQ(document.root.find("b")->name_place, (Place{1, 47}));
}

TEST(JsonDocument, IsStrict) {
  for (const char* content : {"", "{a: 1}", "{\"a\": 1} x", "{'a': 1}", "[1, 2", "# c\n{}", "{\"a\": 01}",
                              "\"\\ud83d\"", "a: 1", "{\"a\" 1}"}) {
    EXPECT_EQ(read_json("f", content).mistakes.size(), 1U) << content;
    EXPECT_EQ(read_json("f", content).root.type, Value::Type::null) << content;
  }
}

TEST(JsonDocument, LocatesATrailingComma) {
  const Document document = read_json("f", "{\n  \"a\": [1, 2],\n}\n");
  ASSERT_EQ(document.mistakes.size(), 1U);
  EXPECT_EQ(document.mistakes[0].where(), "f:3:1");
  EXPECT_THAT(document.mistakes[0].message, HasSubstr("trailing comma"));
}

TEST(JsonDocument, HasTheLimitsOfYaml) {
  EXPECT_EQ(read_json("f", std::string(33, '[') + std::string(33, ']')).mistakes.size(), 1U);
  EXPECT_EQ(read_json("f", std::string(200'000, '[')).mistakes.size(), 1U);
  EXPECT_EQ(read_json("f", "{\"a\": 1, \"a\": 2}").mistakes.at(0).where(), "f:1:10");
}

}  // namespace
}  // namespace portd::config
