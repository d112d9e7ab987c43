#include "config/key_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/document.hpp"

namespace portd::config {
namespace {

using ::testing::ElementsAre;

TEST(KeyPath, ReadsAndWritesNames) {
  EXPECT_THAT(*parse_key("ports.strategy"), ElementsAre("ports", "strategy"));
  EXPECT_THAT(*parse_key("services.\"a.b\".tags"), ElementsAre("services", "a.b", "tags"));
  EXPECT_EQ(key_text({"services", "a.b", "tags"}), "services.\"a.b\".tags");
  EXPECT_EQ(below("", "x"), "x");
}

TEST(KeyPath, LeadsToAValueOrToNone) {
  const Value root = read_yaml("f", "a: {b: {c: 1}}\n").root;
  EXPECT_EQ(find(root, {"a", "b", "c"})->text, "1");
  EXPECT_EQ(find(root, {}), &root);
  EXPECT_EQ(find(root, {"a", "x", "c"}), nullptr);
}

TEST(KeyPath, RefusesWhatIsNone) {
  for (const char* text : {"", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "a.\"\""})
    EXPECT_FALSE(parse_key(text)) << text;
}

}  // namespace
}  // namespace portd::config
