#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace portd::config {

// A value as it was stated: in a file, or as one text in a variable or a flag.
struct Stated {
  std::string text{};
  std::vector<std::string> items{};
  bool is_list = false;

  // The items of a list; a single text is split at its commas.
  std::vector<std::string> list() const;
};

// What stands in a key for each "*" of its row.
using Names = std::vector<std::string>;

// Checks and takes over one setting, or tells what was expected.
using Setter = Result<void> (*)(Settings& settings, const Names& names, const Stated& value);

struct SettingRow {
  std::string_view key;  // dotted; "ports.ranges.*" takes any name
  Setter set;
};

std::span<const SettingRow> setting_rows();

// The row of a key, or nullptr.
const SettingRow* find_setting(std::string_view key);

// The names in place of the row's "*".
Names names_in(const SettingRow& row, std::string_view key);

// Whether a key is the beginning of a setting's: "ports", "ports.ranges".
bool is_section(std::string_view key);

// `; did you mean "ports.strategy"?`, or nothing.
std::string nearest_setting(std::string_view key);

}  // namespace portd::config
