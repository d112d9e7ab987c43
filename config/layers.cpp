#include "config/layers.hpp"

#include <algorithm>
#include <ranges>
#include <unordered_map>

#include "common/file.hpp"

namespace portd::config {
namespace {

constexpr std::string_view variable_prefix = "PORTD_CFG_";

// PORTS__STRATEGY: ports, strategy.
KeyPath path_of_variable(std::string_view name) {
  KeyPath path{""};
  while (!name.empty()) {
    if (name.starts_with("__")) {
      path.emplace_back();
      name.remove_prefix(2);
      continue;
    }
    const char c = name[0];
    path.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    name.remove_prefix(1);
  }
  return path;
}

// A section that neither scope has is told once, as a mistake in the daemon's.
bool concerns(const KeyPath& path, Scope scope) {
  const bool project = in_scope(path[0], Scope::project);
  return scope == Scope::project ? project : !project;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

void relabel(Value& value, Layer layer, const std::shared_ptr<const Source>& source) {
  value.layer = layer;
  value.source = source;
  value.place = value.name_place = {};
  for (Value& child : value.children) relabel(child, layer, source);
}

// One text as a value of the kind that the schema wants there.
class TextReader {
 public:
  TextReader(Layer layer, std::shared_ptr<const Source> source) : layer_(layer), source_(std::move(source)) {}

  Value read(const Subschema& part) const {
    const std::string_view text = trimmed(source_->content);
    if (text == "null" || text == "~") return {.type = Value::Type::null, .layer = layer_, .source = source_};
    const bool brackets = text.starts_with('[') || text.starts_with('{');
    if (brackets && (part.allows("array") || part.allows("object"))) return as_yaml(text);
    if (part.allows("array") && !part.allows("string")) return as_list(text, part.item());
    return scalar(text, part);
  }

 private:
  Value as_yaml(std::string_view text) const {
    Document document = read_yaml(source_->name, std::string(text), layer_);
    if (!document.mistakes.empty()) return scalar(text, Subschema());
    relabel(document.root, layer_, source_);
    return std::move(document.root);
  }

  Value as_list(std::string_view text, const Subschema& item) const {
    Value list{.type = Value::Type::list, .layer = layer_, .source = source_};
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      if (const auto each = trimmed(text.substr(0, comma)); !each.empty()) list.children.push_back(scalar(each, item));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return list;
  }

  // Whatever stands where a text is wanted is one: "5" as well.
  Value scalar(std::string_view text, const Subschema& part) const {
    const bool other = part.allows("integer") || part.allows("number") || part.allows("boolean");
    return {.type = Value::Type::scalar,
            .text = std::string(text),
            .quoted = part.known() && part.allows("string") && !other,
            .layer = layer_,
            .source = source_};
  }

  Layer layer_;
  std::shared_ptr<const Source> source_;
};

void put(Value& root, const KeyPath& path, Layer layer, const std::shared_ptr<const Source>& source) {
  Value leaf = TextReader(layer, source).read(subschema_at(path));
  for (const std::string& name : std::views::reverse(path)) {
    leaf.name = name;
    Value map{.type = Value::Type::map, .layer = layer, .source = source};
    map.children.push_back(std::move(leaf));
    leaf = std::move(map);
  }
  merge(root, std::move(leaf));
}

Value empty_layer(Layer layer) { return {.type = Value::Type::map, .layer = layer}; }

Value from_json(const Json& json) {
  Value value;
  if (json.is_object() || json.is_array()) {
    value.type = json.is_object() ? Value::Type::map : Value::Type::list;
    value.flow = true;
    for (const auto& [name, member] : json.items()) {
      Value child = from_json(member);
      if (json.is_object()) child.name = name;
      value.children.push_back(std::move(child));
    }
  } else if (!json.is_null()) {
    value.type = Value::Type::scalar;
    value.quoted = json.is_string();
    value.text = json.is_string() ? json.get<std::string>() : json.dump();
  }
  return value;
}

void add_defaults(Value& map, const Subschema& part) {
  for (const std::string_view name : part.names()) {
    const Subschema child = part.child(name);
    Value value;
    if (const Json* standard = child.find("default")) value = from_json(*standard);
    if (!child.names().empty()) {
      value.type = Value::Type::map;
      add_defaults(value, child);
    }
    if (value.type == Value::Type::null) continue;
    value.name = name;
    map.children.push_back(std::move(value));
  }
}

// By an index: a hostile file has thousands of names in one map.
void merge_children(std::vector<Value>& base, std::vector<Value> layer) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < base.size(); ++i) places.emplace(base[i].name, i);
  for (Value& child : layer) {
    const auto [place, fresh] = places.emplace(child.name, base.size());
    if (fresh) base.push_back({.name = child.name});
    merge(base[place->second], std::move(child));
  }
}

}  // namespace

std::optional<std::string> stated_variable(const Variables& variables, const std::string& name) {
  const auto found = variables.find(name);
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

void merge(Value& base, Value layer) {
  if (layer.type != Value::Type::map) {
    base = std::move(layer);
    return;
  }
  std::vector<Value> children = std::move(layer.children);
  layer.children.clear();
  if (base.type != Value::Type::map) base = std::move(layer);
  merge_children(base.children, std::move(children));
}

void drop_nulls(Value& merged) {
  if (merged.type == Value::Type::map) {
    std::erase_if(merged.children, [](const Value& child) { return child.type == Value::Type::null; });
  }
  for (Value& child : merged.children) drop_nulls(child);
}

Document read_document(const std::filesystem::path& path, Layer layer, bool required) {
  auto content = read_file(path, largest_document);
  if (!content) {
    Document document{.source = std::make_shared<const Source>(Source{path.string(), ""})};
    if (content.error().problem == Problem::not_found && !required) return document;
    document.mistakes.push_back({.source = document.source, .message = content.error().detail});
    return document;
  }
  return read_text(path, std::move(*content), layer);
}

Value variable_layer(const Variables& variables, Scope scope) {
  Value layer = empty_layer(Layer::variable);
  for (const auto& [name, text] : variables) {
    if (!name.starts_with(variable_prefix)) continue;
    const KeyPath path = path_of_variable(std::string_view(name).substr(variable_prefix.size()));
    if (concerns(path, scope)) {
      put(layer, path, Layer::variable, std::make_shared<const Source>(Source{name, text}));
    }
  }
  return layer;
}

Value flag_layer(const std::vector<FlagSetting>& settings, Scope scope, std::vector<Mistake>& mistakes) {
  Value layer = empty_layer(Layer::flag);
  for (const FlagSetting& setting : settings) {
    const std::size_t equals = std::min(setting.text.find('='), setting.text.size());
    auto source = std::make_shared<const Source>(
        Source{setting.flag, setting.text.substr(std::min(equals + 1, setting.text.size()))});
    const auto path = parse_key(std::string_view(setting.text).substr(0, equals));
    if (equals == setting.text.size() || !path) {
      mistakes.push_back({.source = source,
                          .key = setting.text,
                          .message = "is no setting; write KEY=VALUE, such as ports.strategy=next"});
    } else if (concerns(*path, scope)) {
      put(layer, *path, Layer::flag, source);
    }
  }
  return layer;
}

Value built_in_layer(Scope scope) {
  Value layer = empty_layer(Layer::built_in);
  for (const std::string_view section : Subschema::root().names()) {
    if (!in_scope(section, scope)) continue;
    Value map{.name = std::string(section), .type = Value::Type::map};
    add_defaults(map, Subschema::root().child(section));
    if (map.children.empty()) continue;
    layer.children.push_back(std::move(map));
  }
  return layer;
}

}  // namespace portd::config
