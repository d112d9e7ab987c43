#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "config/settings.hpp"

namespace portd::config {
namespace {

using ::testing::IsEmpty;

const std::filesystem::path file = std::filesystem::path(PORTD_SOURCE_DIR) / "config/portd.yaml";

std::string text_of_file() {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// The settings in it no longer commented out: "  #port: 7700" is one, "  # Port of" is not.
std::string uncommented() { return std::regex_replace(text_of_file(), std::regex("(^|\n)( *)#(?! )"), "$1$2"); }

Loaded load(const std::string& content) { return load_settings_with({.files = {{file, Layer::user}}}, file, content); }

std::vector<std::string> told_in(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> texts;
  for (const Mistake& mistake : mistakes) texts.push_back(describe(mistake));
  return texts;
}

TEST(PortdYaml, AsItLiesThereChangesNothing) {
  const Loaded loaded = load_settings({.files = {{file, Layer::user, true}}});
  EXPECT_THAT(told_in(loaded.mistakes), IsEmpty());
  EXPECT_EQ(loaded.settings, Settings{});
  EXPECT_EQ(list_settings(loaded.merged, Scope::daemon).size(), list_settings({}, Scope::daemon).size());
}

TEST(PortdYaml, StatesTheDefaultOfEverySetting) {
  const Loaded loaded = load(uncommented());
  EXPECT_THAT(told_in(loaded.mistakes), IsEmpty());
  EXPECT_EQ(loaded.settings, Settings{});

  const auto stated = list_settings(loaded.merged, Scope::daemon);
  const auto built_in = list_settings({}, Scope::daemon);
  ASSERT_EQ(stated.size(), built_in.size());
  for (std::size_t i = 0; i < stated.size(); ++i) {
    EXPECT_EQ(stated[i].key, built_in[i].key);
    EXPECT_EQ(stated[i].value, built_in[i].value) << stated[i].key;
    // An empty map states nothing.
    EXPECT_EQ(stated[i].layer, stated[i].value == Json::object() ? Layer::built_in : Layer::user) << stated[i].key;
  }
}

TEST(PortdYaml, ShowsAnExampleOfWhatHasNoDefault) {
  const std::string text = std::regex_replace(uncommented(), std::regex("\n  # (file: )"), "\n  $1");
  EXPECT_EQ(load(text).settings.log.file, "~/portd.log");
}

// Sections with their keys one level below; what lies deeper has names of its user's choice.
TEST(PortdYaml, LeavesNoKeyOfTheSchemaOut) {
  const std::string text = text_of_file();
  for (const std::string_view section : Subschema::root().names()) {
    if (!in_scope(section, Scope::daemon)) continue;
    const std::size_t begin = ("\n" + text).find("\n" + std::string(section) + ":");
    ASSERT_NE(begin, std::string::npos) << section;
    std::smatch next;
    const std::string rest = text.substr(text.find('\n', begin));
    const bool more = std::regex_search(rest, next, std::regex("\n[a-z]"));
    const std::string part = more ? rest.substr(0, static_cast<std::size_t>(next.position())) : rest;
    for (const std::string_view name : Subschema::root().child(section).names()) {
      EXPECT_TRUE(std::regex_search(part, std::regex("\n  # ?" + std::string(name) + ":"))) << section << "." << name;
    }
  }
}

}  // namespace
}  // namespace portd::config
