#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "config/setting_table.hpp"
#include "config/settings.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd::config {
namespace {

// config/portd.yaml, the settings in it no longer commented out: "  #port: 7700" is one, "  # Port of" is not.
std::string uncommented() {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(PORTD_SOURCE_DIR) / "config/portd.yaml").rdbuf();
  return std::regex_replace(text.str(), std::regex("(^|\n)( *)#(?! )"), "$1$2");
}

TEST(PortdYaml, AsItLiesThereChangesNothing) {
  const Loaded loaded =
      load_settings({.files = {std::filesystem::path(PORTD_SOURCE_DIR) / "config/portd.yaml"}, .sets = {}}, {});
  EXPECT_TRUE(loaded.mistakes.empty());
  EXPECT_EQ(loaded.settings, Settings{});
}

TEST(PortdYaml, StatesTheDefaultOfEverySetting) {
  const portd::testing::TempFolder folder;
  const Loaded loaded = load_settings({.files = {folder.write("portd.yaml", uncommented())}, .sets = {}}, {});
  for (const Mistake& mistake : loaded.mistakes)
    ADD_FAILURE() << mistake.where << " " << mistake.key << mistake.message;
  EXPECT_EQ(loaded.settings, Settings{});
}

TEST(PortdYaml, LeavesNoSettingOut) {
  const std::string text = uncommented();
  for (const SettingRow& row : setting_rows()) {
    const std::string_view section = row.key.substr(0, row.key.find(".*"));
    const std::string name(section.substr(section.rfind('.') + 1));
    EXPECT_TRUE(std::regex_search(text, std::regex("\n +" + name + ":"))) << row.key;
  }
}

}  // namespace
}  // namespace portd::config
