#include "config/setting_layers.hpp"

#include <algorithm>

namespace portd::config {
namespace {

constexpr std::string_view variable_prefix = "PORTD_CFG_";

// Walks the maps of a file; never deeper than deepest_nesting.
class Flattening {
 public:
  Flattening(const Document& document, std::vector<Mistake>& mistakes) : document_(document), mistakes_(mistakes) {}

  std::vector<LayerEntry> run() {
    const DocumentNode& root = document_.root;
    if (root.type == DocumentNode::Type::map) walk(root, "");
    if (root.type == DocumentNode::Type::scalar || root.type == DocumentNode::Type::list) {
      refuse(root.place, "", "the file must be a map of settings, such as: ports: {strategy: next}");
    }
    return std::move(entries_);
  }

 private:
  void walk(const DocumentNode& map, const std::string& prefix) {
    for (const DocumentNode& child : map.children) {
      const std::string key = prefix + child.name;
      if (child.name.find('.') != std::string::npos) {
        refuse(child.name_place, key, "has a dot; nest it instead, such as: ports: {strategy: next}");
      } else if (child.type == DocumentNode::Type::map) {
        section(child, key);
      } else {
        value(child, key);
      }
    }
  }

  void section(const DocumentNode& map, const std::string& key) {
    if (is_section(key)) return walk(map, key + ".");
    if (find_setting(key) != nullptr) return refuse(map.place, key, "must be a value, not a map");
    refuse(map.name_place, key, "is not a setting" + nearest_setting(key));
  }

  void value(const DocumentNode& node, const std::string& key) {
    if (find_setting(key) == nullptr && !is_section(key)) {
      return refuse(node.name_place, key, "is not a setting" + nearest_setting(key));
    }
    if (is_section(key) && node.type != DocumentNode::Type::null)
      return refuse(node.place, key, "must be a map of settings");
    LayerEntry entry{.key = key, .null = node.type == DocumentNode::Type::null, .where = document_.where(node.place)};
    entry.value.text = node.text;
    entry.value.is_list = node.type == DocumentNode::Type::list;
    for (const DocumentNode& item : node.children) {
      if (item.type != DocumentNode::Type::scalar) return refuse(item.place, key, "must be a list of plain values");
      entry.value.items.push_back(item.text);
    }
    entries_.push_back(std::move(entry));
  }

  void refuse(Place place, const std::string& key, std::string message) {
    mistakes_.push_back({document_.where(place), key, std::move(message)});
  }

  const Document& document_;
  std::vector<Mistake>& mistakes_;
  std::vector<LayerEntry> entries_;
};

// PORTS__STRATEGY: ports.strategy.
std::string key_of_variable(std::string_view name) {
  std::string key;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool separator = name.substr(i, 2) == "__";
    if (separator) ++i;
    const char c = name[i];
    key += separator ? '.' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return key;
}

}  // namespace

std::vector<LayerEntry> layer_of(const Document& document, std::vector<Mistake>& mistakes) {
  return Flattening(document, mistakes).run();
}

std::vector<LayerEntry> layer_of(const std::map<std::string, std::string>& environment) {
  std::vector<LayerEntry> entries;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(variable_prefix)) continue;
    entries.push_back({.key = key_of_variable(std::string_view(name).substr(variable_prefix.size())),
                       .value = {.text = value},
                       .where = name});
  }
  return entries;
}

std::vector<LayerEntry> layer_of(const std::vector<std::string>& sets, std::vector<Mistake>& mistakes) {
  std::vector<LayerEntry> entries;
  for (const std::string& set : sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) {
      mistakes.push_back({"--set", set, "has no value; write KEY=VALUE, such as ports.strategy=next"});
      continue;
    }
    entries.push_back({.key = set.substr(0, equals), .value = {.text = set.substr(equals + 1)}, .where = "--set"});
  }
  return entries;
}

}  // namespace portd::config
