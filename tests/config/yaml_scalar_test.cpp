#include "config/yaml_scalar.hpp"

#include <gtest/gtest.h>

#include "config/document.hpp"

namespace portd::config {
namespace {

TEST(YamlScalar, IsPlainWhereThatIsUnmistakable) {
  for (const char* text :
       {"next",  "20000-29999", "30s", "10.0.0.1", "a b", "http://x/y", "-q",  "shop/db", "größe", "a#b",
        "it-is", "db.internal", "e",   "1.2.3",    "~/x", "/a",         "a:b", "$HOME",   "0xg",   "x=1"}) {
    EXPECT_EQ(as_yaml_scalar(text), text);
  }
}

TEST(YamlScalar, IsQuotedWhereItWouldBeSomethingElse) {
  for (const char* text : {"",
                           "yes",
                           "No",
                           "ON",
                           "off",
                           "y",
                           "N",
                           "true",
                           "FALSE",
                           "null",
                           "~",
                           "Null",
                           "1",
                           "-1",
                           "+1",
                           "0x1f",
                           "0o17",
                           "017",
                           "0b1",
                           "1_000",
                           "1.5",
                           ".5",
                           "1e3",
                           "1:30",
                           ".inf",
                           "-.INF",
                           ".NaN",
                           "=",
                           "<<",
                           "2026-01-31",
                           "2026-1-3 10:00",
                           "- a",
                           "-",
                           "---",
                           "a: b",
                           "a #b",
                           "#a",
                           "a,b",
                           "[a]",
                           "{a}",
                           "&a",
                           "*a",
                           "!a",
                           "|",
                           ">",
                           "%a",
                           "@a",
                           "`a",
                           "? a",
                           ": a",
                           "a:",
                           " a",
                           "a ",
                           "'a'",
                           "\"a\"",
                           "a\nb",
                           "a\tb",
                           "\x7f",
                           "\\\"",
                           "\xC2\x85",
                           "\xE2\x80\xA8",
                           "\xEF\xBB\xBF"
                           "a"}) {
    if (std::string(text) != "\\\"") {
      EXPECT_EQ(as_yaml_scalar(text).front(), '"') << text;
    }
    EXPECT_EQ(read_yaml("f", as_yaml_scalar(text)).root.text, text);
  }
}

TEST(YamlScalar, ReadsBackAsTheSameTextEverywhere) {
  for (const char first : std::string("a-?:,[]{}#&*!|>'\"%@`~.=< \\\t\n1")) {
    for (const char second : std::string("a-?:,[]{}#&*!|>'\"%@`~.=< \\\t\n1")) {
      for (const std::string& text : {std::string{first, second}, std::string{'x', first, second, 'y'}}) {
        const Document document =
            read_yaml("f", "{a: [" + as_yaml_scalar(text) + "], " + as_yaml_scalar(text) + ": 1}");
        ASSERT_TRUE(document.mistakes.empty()) << text;
        EXPECT_EQ(document.root.children.at(0).children.at(0).text, text);
        EXPECT_EQ(document.root.children.at(1).name, text);
        EXPECT_EQ(read_yaml("f", "a: " + as_yaml_scalar(text) + "\n").root.children.at(0).text, text);
      }
    }
  }
}

TEST(YamlScalar, OfBytesThatAreNoTextIsValidAllTheSame) {
  EXPECT_EQ(as_yaml_scalar("a\xFF"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(as_json_string("a\"\n"), "\"a\\\"\\n\"");
}

}  // namespace
}  // namespace portd::config
