#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/setting_table.hpp"

namespace portd::config {

// One layer's settings by dotted key, before they are merged.
struct LayerEntry {
  std::string key;
  Stated value{};
  bool null = false;  // takes back what lower layers state
  std::string where;  // of the value
};

// Flattens a file. Mistakes of its shape are added to `mistakes`.
std::vector<LayerEntry> layer_of(const Document& document, std::vector<Mistake>& mistakes);

// Of PORTD_CFG_PORTS__STRATEGY and its like.
std::vector<LayerEntry> layer_of(const std::map<std::string, std::string>& environment);

// Of "ports.strategy=next".
std::vector<LayerEntry> layer_of(const std::vector<std::string>& sets, std::vector<Mistake>& mistakes);

}  // namespace portd::config
