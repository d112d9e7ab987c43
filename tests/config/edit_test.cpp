#include "config/edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.hpp"
#include "config/layout.hpp"
#include "config/source_text.hpp"

namespace portd::config {
namespace {

using ::testing::HasSubstr;
using Path = std::vector<std::string>;

Document read(const std::string& name, const std::string& content) {
  return name.ends_with(".json") ? read_json(name, content) : read_yaml(name, content);
}

const Value* at(const Value& root, const Path& path) {
  const Value* value = &root;
  for (const std::string& name : path) value = value == nullptr ? nullptr : value->find(name);
  return value;
}

std::string without(const std::string& content, const Path& path, const std::string& name = "portd.yaml") {
  const Document document = read(name, content);
  const Value* value = at(document.root, path);
  return value == nullptr ? "no such value" : apply(content, {removal_of(document.root, *value)});
}

std::string with(const std::string& content, const Path& path, const std::string& flow,
                 const std::string& name = "portd.yaml") {
  const Result<TextEdit> edit = setting_of(read(name, content), path, flow);
  return edit ? apply(content, {*edit}) : edit.error().detail;
}

// --- Every edit of every document ------------------------------------------------------------------------------------

// The tree as text: names, types, texts.
std::string dump(const Value& value, const std::string& indentation = "") {
  std::string text = indentation + value.name + " " + std::to_string(static_cast<int>(value.type)) +
                     (value.quoted ? " '" : " ") + value.text + "\n";
  for (const Value& child : value.children) text += dump(child, indentation + "  ");
  return text;
}

struct Sample {
  std::string title;
  std::string name;
  std::string content;
};

// Comments are numbered, so that each can be looked for.
const std::vector<Sample>& samples() {
  static const std::vector<Sample> all{
      {"block map", "f.yaml", "#c1\na: 1\nb: two #c2\n#c3\nc: 'three'\n\n#c4\nd: \"four\"\n#c5\n"},
      {"nested maps", "f.yaml",
       "a:\n  #c1\n  b: 1\n  c:\n    d: 2 #c2\n    #c3\n    e: 3\n    #c4\n  #c5\n  f: 4\n#c6\ng: 5\n"},
      {"wide indentation", "f.yaml", "a:\n    b:\n        c: 1\n    d: 2\ne: 3\n"},
      {"lists below their name", "f.yaml", "a:\n- 1\n#c1\n- 2 #c2\n- x: 1\n  y: 2\nb:\n- 3\n#c3\nc: 4\n"},
      {"indented lists", "f.yaml", "a:\n  - 1\n  #c1\n  - 2\n    #c2\n  -\n  - ~\nb:\n  - x: 1\n    #c3\n    y: 2\n"},
      {"lists of lists", "f.yaml", "- - a\n  - b\n- - - c\n-\n  - d\n  - e\n- x:\n  - 1\n  y: 2\n"},
      {"nulls", "f.yaml", "a:\nb: ~\nc: null #c1\nd: #c2\n  #c3\ne:\n  f:\n  g: ~\nh:\n  ~\ni:\n"},
      {"block scalars", "f.yaml",
       "a: |\n  # text\n  more\n\n#c1\nb: >-\n  folded\n  text\n #c2\nc: |2 #c3\n    x\n   y\nd:\n  e: |-\n    z\n  f: "
       "1\n"},
      {"block scalars in lists", "f.yaml",
       "- |\n  a\n- 1\n  #c1\n- b: |\n    x\n  c: 1\n    #c2\n  d: 2\n- >\n\n  y\n"},
      {"empty block scalars", "f.yaml", "a: |\nb: |-\nc: >\n\n#c1\nd: 1\n"},
      {"scalars on several lines", "f.yaml",
       "a: one\n  two\n\n  three #c1\nb: \"x\n  y\\\n  z\" #c2\nc: 'p\n\n  it''s'\nd:\n  plain\n  words\ne: 1\n"},
      {"flow in block", "f.yaml", "a: [1, 2, three] #c1\nb: {x: 1, y: {z: 2}}\nc: []\nd: {}\ne: [ 1 ]\nf: { g: 1 }\n"},
      {"flow on several lines", "f.yaml",
       "a: [\n  1, #c1\n  #c2\n  2,\n  #c3\n]\nb: {\n  x: 1, #c4\n  #c5\n  y: 2 #c6\n  #c7\n}\nc: {\n  d: 1 }\n"},
      {"flow with trailing commas", "f.yaml", "a: {x: 1, y: 2,}\nb: [1, 2, ]\nc: {\n  x: 1,\n  y: 2,\n}\nd: [3,]\n"},
      {"flow with leading commas", "f.yaml", "a: { x: 1\n   , y: 2 #c1\n   , z: 3\n   }\nb: [ 1 #c2\n   , 2\n   ]\n"},
      {"flow with odd breaks", "f.yaml", "{a: 1, #c1\n b: 2,\n #c2\n c: [x,\n  y], d: {\n\n  }}\n"},
      {"flow with nulls", "f.yaml",
       "a: {b, c: , d: ~, e}\nf: [~, null, x]\ng: {h: null}\ni: {j}\nk: {l,\n  m: 1\n  #c1\n  }\n"},
      {"flow with only a comment", "f.yaml", "a: {\n  #c1\n}\nb: [ #c2\n]\nc: {#c3\n  x: 1 #c4\n  #c5\n}\n"},
      {"CRLF", "f.yaml",
       "#c1\r\na: 1\r\nb: #c2\r\n  c: |\r\n    x\r\n  d: [1,\r\n    2]\r\ne:\r\n- 1\r\n- f: 1\r\n  g: 2\r\n"},
      {"no newline at the end", "f.yaml", "a: 1\nb:\n  c: 2"},
      {"no newline after a comment", "f.yaml", "a: 1\nb:\n  - c: 2\n    d: 3 #c1\n  #c2"},
      {"CRLF without the last", "f.yaml", "a: 1\r\nb:\r\n  c: [1]"},
      {"unicode", "f.yaml", "größe: 1 #c1\n\"日本\": [é, 'ü', {ö: ä}]\nб:\n  - 😀: x\n    y: 😀 😀 #c2\n"},
      {"byte order mark", "f.yaml",
       "\xEF\xBB\xBF"
       "a: 1\nb: 2\n"},
      {"document start", "f.yaml", "%YAML 1.2\n#c1\n---\na: 1\nb:\n  c: 2\n"},
      {"document end", "f.yaml", "---\na: 1\nb:\n- c: 2\n...\n"},
      {"flow after a document start", "f.yaml", "--- {a: 1, b: [2]}\n"},
      {"quoted and odd names", "f.yaml",
       "'it''s': 1\n\"a: b\": 2\nc d: 3\nhttp://x: 4\n\"\\u00e4\" : 5\n-x: 6\n'': 7\n"},
      {"values that look like something else", "f.yaml", "a: b#c\nb: 'x # y'\nc: x:y\nd: \"}\"\ne: [\"]\", '}', a]\n"},
      {"spaces everywhere", "f.yaml", "a :   1   \n\n\nb:   \n\n   c:   2   #c1   \n\n\n   d : [ 1 , 2 ]   \n\n"},
      {"deep list items", "f.yaml",
       "a:\n  -   b: 1\n      c: 2\n  - #c1\n    d: 3\n    e: 4\n  - f: #c2\n      g: 1\n    h: 2\n"},
      {"commented children", "f.yaml", "a:\n  #b: 1\n  #c: 2\n\n#c1\nd:\n  #e: 1\n\n  f: 2\n\n  #g: 3\nh: 1\n"},
      {"tabs before comments", "f.yaml", "a: 1\t#c1\nb:\t2\nc:\n  d: [1,\t2]\n"},
      {"pretty JSON", "f.json",
       "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [1, 2],\n    \"d\": {}\n  },\n  \"e\": [\n    {\"x\": \"y\"},\n"
       "    null\n  ],\n  \"f\": null,\n  \"g\": []\n}\n"},
      {"short JSON", "f.json",
       "{\"a\":1,\"b\":[1,2,{\"c\":true}],\"d\":{\"e\":{}},\"f\":\"\\ud83d\\ude00\",\"g\":\"x\\/\\\"y\"}"},
      {"JSON with tabs and CRLF", "f.json", "{\r\n\t\"a\": 1,\r\n\t\"b\": {\r\n\t\t\"c\": \"x\"\r\n\t}\r\n}\r\n"},
      {"JSON in YAML", "f.yaml", "{\n  \"a\": 1, #c1\n  \"b\": {\"c\": 2}\n}\n"},
  };
  return all;
}

// All values under the root, as indices from the root.
void each_value(const Value& value, std::vector<std::size_t>& way,
                const std::function<void(const std::vector<std::size_t>&)>& tell) {
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    way.push_back(i);
    tell(way);
    each_value(value.children[i], way, tell);
    way.pop_back();
  }
}

void each_value(const Value& root, const std::function<void(const std::vector<std::size_t>&)>& tell) {
  std::vector<std::size_t> way;
  each_value(root, way, tell);
}

template <class Tree>
Tree& follow(Tree& root, const std::vector<std::size_t>& way) {
  Tree* found = &root;
  for (const std::size_t index : way) found = &found->children.at(index);
  return *found;
}

Value tree_without(Value root, std::vector<std::size_t> way) {
  const std::size_t index = way.back();
  way.pop_back();
  Value& parent = follow(root, way);
  parent.children.erase(parent.children.begin() + static_cast<std::ptrdiff_t>(index));
  if (parent.children.empty() && !parent.flow) parent.type = Value::Type::null;
  return root;
}

Value tree_with(Value root, const Path& path, const Value& value) {
  Value* place = &root;
  for (const std::string& name : path) {
    place->type = Value::Type::map;
    Value* child = place->find(name);
    if (child == nullptr) {
      child = &place->children.emplace_back();
      child->name = name;
    }
    place = child;
  }
  std::string name = place->name;
  *place = value;
  place->name = name;
  return root;
}

// The comments that stand on lines of their own above `from` or below `to`, there not deeper than `column`.
std::vector<std::string> comments_around(const std::string& content, std::size_t from, std::size_t to, int column) {
  std::vector<std::string> comments;
  for (std::size_t hash = content.find("#c"); hash != std::string::npos; hash = content.find("#c", hash + 1)) {
    const std::size_t begin = line_begin(content, hash);
    if (content.find_first_not_of(" \t", begin) != hash) continue;
    const bool is_above = hash < line_begin(content, from);
    const bool is_below = begin > to && columns_before(content, hash) <= column;
    if (is_above || is_below) comments.push_back(content.substr(hash, 3));
  }
  return comments;
}

void expect_all(const std::vector<std::string>& comments, const std::string& edited) {
  for (const std::string& comment : comments) EXPECT_THAT(edited, HasSubstr(comment));
}

TEST(Edit, TakesAwayEveryValueAndNothingElse) {
  for (const Sample& sample : samples()) {
    const Document document = read(sample.name, sample.content);
    ASSERT_TRUE(document.mistakes.empty()) << sample.title << describe(document.mistakes.front());
    const std::optional<Extent> layout = layout_of(sample.content, document.root);
    ASSERT_TRUE(layout) << sample.title;
    each_value(document.root, [&](const std::vector<std::size_t>& way) {
      const TextEdit edit = removal_of(document.root, follow(document.root, way));
      const std::string edited = apply(sample.content, {edit});
      SCOPED_TRACE(sample.title + "\n" + sample.content + "\n-->\n" + edited);
      const Document again = read(sample.name, edited);
      ASSERT_TRUE(again.mistakes.empty()) << describe(again.mistakes.front());
      EXPECT_EQ(dump(again.root), dump(tree_without(document.root, way)));
      const Extent& gone = follow(*layout, way);
      const bool in_flow = follow(document.root, {way.begin(), way.end() - 1}).flow;
      const int column = in_flow ? 1000 : columns_before(sample.content, gone.entry);
      expect_all(comments_around(sample.content, gone.entry, gone.end, column), edited);
    });
  }
}

void expect_setting(const Sample& sample, const Document& document, const Path& path, const std::string& flow) {
  const Result<TextEdit> edit = setting_of(document, path, flow);
  SCOPED_TRACE(sample.title + "\n" + sample.content + "\n" + ::testing::PrintToString(path) + " = " + flow);
  ASSERT_TRUE(edit) << edit.error().detail;
  const std::string edited = apply(sample.content, {*edit});
  SCOPED_TRACE("-->\n" + edited);
  const Document again = read(sample.name, edited);
  ASSERT_TRUE(again.mistakes.empty()) << describe(again.mistakes.front());
  EXPECT_EQ(dump(again.root), dump(tree_with(document.root, path, read_yaml("", flow).root)));
  const std::size_t from = offset_of(sample.content, edit->begin), to = offset_of(sample.content, edit->end);
  expect_all(comments_around(sample.content, from, to, 1000), edited);
  if (sample.content.find("\r\n") != std::string::npos) {
    EXPECT_EQ(std::ranges::count(edited, '\r'), std::ranges::count(edited, '\n'));
  }
}

// The paths of all values that are reached through maps alone; "" for the root is not among them.
void paths_of(const Value& value, const Path& path, std::vector<Path>& paths) {
  if (value.type != Value::Type::map) return;
  for (const Value& child : value.children) {
    Path longer = path;
    longer.push_back(child.name);
    paths.push_back(longer);
    paths_of(child, longer, paths);
  }
}

TEST(Edit, SetsEveryValueAndNothingElse) {
  for (const Sample& sample : samples()) {
    const Document document = read(sample.name, sample.content);
    std::vector<Path> paths;
    paths_of(document.root, {}, paths);
    for (const Path& path : paths) {
      for (const char* flow : {"1", "\"next, # one\"", "[1, \"x\"]", "{\"x\": 1}", "null"}) {
        expect_setting(sample, document, path, flow);
      }
    }
  }
}

Path longer(Path path, const Path& more) {
  path.insert(path.end(), more.begin(), more.end());
  return path;
}

TEST(Edit, AddsToEveryMapAndToEveryNull) {
  for (const Sample& sample : samples()) {
    const Document document = read(sample.name, sample.content);
    if (document.root.type != Value::Type::map) continue;
    std::vector<Path> paths{{}};
    paths_of(document.root, {}, paths);
    for (const Path& path : paths) {
      const Value::Type type = at(document.root, path)->type;
      if (type != Value::Type::map && type != Value::Type::null) continue;
      expect_setting(sample, document, longer(path, {"new"}), "[1, \"2\"]");
      expect_setting(sample, document, longer(path, {"new", "no", "a: b"}), "7");
    }
  }
}

// --- Removal, by example ---------------------------------------------------------------------------------------------

TEST(Removal, KeepsTheCommentsOfTheNextSiblingAndTakesItsOwn) {
  EXPECT_EQ(without("a: 1 # a\n# b\nb: 2\n", {"a"}), "# b\nb: 2\n");
  EXPECT_EQ(without("a:\n  x: 1\n  # more of a\n\n# b\nb: 2\n", {"a"}), "\n# b\nb: 2\n");
}

TEST(Removal, LeavesTheNameOfAMapThatItEmpties) {
  EXPECT_EQ(without("ports:\n  strategy: next\nlog:\n", {"ports", "strategy"}), "ports:\nlog:\n");
  EXPECT_EQ(without("ports: {strategy: next}\n", {"ports", "strategy"}), "ports: {}\n");
}

TEST(Removal, KeepsTheDashOfAnItemWhoseFirstEntryGoes) {
  const std::string content = "- a: 1\n  # b\n  b: 2\n";
  const Document document = read_yaml("f", content);
  const Value& a = document.root.children.at(0).children.at(0);
  EXPECT_EQ(apply(content, {removal_of(document.root, a)}), "- # b\n  b: 2\n");
}

TEST(Removal, TakesOneCommaInFlow) {
  EXPECT_EQ(without("{a: 1, b: 2}", {"a"}), "{b: 2}");
  EXPECT_EQ(without("{a: 1, b: 2}", {"b"}), "{a: 1}");
  EXPECT_EQ(without("{\n  \"a\": 1,\n  \"b\": 2\n}\n", {"b"}, "f.json"), "{\n  \"a\": 1\n}\n");
  EXPECT_EQ(without("{\n  a: 1, # a\n  # b\n  b: 2\n}\n", {"b"}), "{\n  a: 1 # a\n  # b\n}\n");
}

TEST(Removal, TakesTheBlanksThatEndTheFileBelowIt) { EXPECT_EQ(without("a: >\n  x\nb: 1\n  ", {"b"}), "a: >\n  x\n"); }

TEST(Removal, OfWhatIsNotFollowedChangesNothing) {
  EXPECT_EQ(without("? a\n: 1\n", {"a"}), "? a\n: 1\n");
  EXPECT_EQ(without("a: |+\n  x\n\nb: 1\n", {"b"}), "a: |+\n  x\n\nb: 1\n");
  EXPECT_EQ(without("a: 1\n", {}), "a: 1\n");
}

TEST(Removal, WorksWithTabsAsIndentation) { EXPECT_EQ(without("a:\n\tb: 1\n\tc: 2\n", {"a", "b"}), "a:\n\tc: 2\n"); }

// --- Setting, by example ---------------------------------------------------------------------------------------------

TEST(Setting, ReplacesAValueAndKeepsTheCommentBehindIt) {
  EXPECT_EQ(with("a: 1  # one\n", {"a"}, "2"), "a: 2  # one\n");
  EXPECT_EQ(with("a: # one\n  b: 1\n  # b\nc: 2\n", {"a"}, "[]"), "a: [] # one\nc: 2\n");
  EXPECT_EQ(with("a: |\n  text\nb: 1\n", {"a"}, "x"), "a: x\nb: 1\n");
  EXPECT_EQ(with("a: ~ # none\n", {"a"}, "x"), "a: x # none\n");
  EXPECT_EQ(with("a: # none\n", {"a"}, "x"), "a: x # none\n");
}

TEST(Setting, AddsAfterTheLastEntryInTheStyleOfTheMap) {
  EXPECT_EQ(with("a:\n    b: 1\n    # x\n\n# c\nc: 2\n", {"a", "d"}, "3"),
            "a:\n    b: 1\n    # x\n    d: 3\n\n# c\nc: 2\n");
  EXPECT_EQ(with("a:\n    b: 1\n", {"c", "d"}, "3"), "a:\n    b: 1\nc:\n    d: 3\n");
  EXPECT_EQ(with("a: {}\n", {"a", "b"}, "1"), "a: {b: 1}\n");
  EXPECT_EQ(with("{b: 2}", {"a", "c"}, "1"), "{b: 2, a: {c: 1}}");
  EXPECT_EQ(with("{\n  b: 2, # b\n}\n", {"a"}, "1"), "{\n  b: 2, # b\n  a: 1,\n}\n");
  EXPECT_EQ(with("a: 1", {"b"}, "2"), "a: 1\nb: 2");
}

TEST(Setting, WritesJsonInJson) {
  EXPECT_EQ(with("{\n  \"a\": 1\n}\n", {"b", "c"}, "[]", "f.json"), "{\n  \"a\": 1,\n  \"b\": {\"c\": []}\n}\n");
  EXPECT_EQ(with("{}", {"b"}, "\"x\"", "f.json"), "{\"b\": \"x\"}");
  EXPECT_EQ(with("", {"b", "c"}, "1", "f.json"), "{\"b\": {\"c\": 1}}\n");
}

TEST(Setting, BeginsAFile) {
  EXPECT_EQ(with("", {"a", "b"}, "1"), "a:\n  b: 1\n");
  EXPECT_EQ(with("# only\n# comments", {"a"}, "1"), "# only\n# comments\na: 1\n");
  EXPECT_EQ(with("# x\r\n", {"a", "b"}, "1"), "# x\r\na:\r\n  b: 1\r\n");
  EXPECT_EQ(with("---\n", {"a"}, "1"), "---\na: 1\n");
}

TEST(Setting, PutsAChildDirectlyBelowItsNameInTheTemplate) {
  const Result<std::string> text = read_file(PORTD_SOURCE_DIR "/config/portd.yaml", largest_document);
  ASSERT_TRUE(text);
  const std::string edited = with(*text, {"ports", "strategy"}, "next");
  EXPECT_THAT(edited, HasSubstr("\nports:\n  strategy: next\n  # Where ports come from"));
  EXPECT_EQ(edited.size(), text->size() + std::string("  strategy: next\n").size());
  EXPECT_THAT(with(*text, {"ports", "ranges", "default"}, "1-2"),
              HasSubstr("\nports:\n  ranges:\n    default: 1-2\n  # Where"));
}

TEST(Setting, RefusesToPutAKeyIntoWhatIsNoMap) {
  EXPECT_THAT(with("a: 1\n", {"a", "b"}, "1"), HasSubstr("a holds a value, not a map"));
  EXPECT_THAT(with("- 1\n", {"a"}, "1"), HasSubstr("the file holds a value, not a map"));
  EXPECT_THAT(with("a: 1\n", {}, "1"), HasSubstr("no key"));
}

TEST(Setting, RefusesWhatItCannotDoSafely) {
  EXPECT_THAT(with("? a\n: 1\n", {"a"}, "2"), HasSubstr("edit it by hand"));
  EXPECT_THAT(with("a: ]\n", {"b"}, "2"), HasSubstr("edit it by hand"));
  EXPECT_THAT(with("a: 1\n", {"a"}, "2\nb: 3"), HasSubstr("edit it by hand"));
  EXPECT_THAT(with("a: 1\n", {"a"}, "[1"), HasSubstr("edit it by hand"));
  EXPECT_THAT(with("a: |\n  x", {"b"}, "1"), HasSubstr("edit it by hand"));
}

}  // namespace
}  // namespace portd::config
