#include "config/schema.hpp"

#include <algorithm>

namespace portd::config {
namespace {

const Json* member(const Json* json, std::string_view name) {
  if (json == nullptr || !json->is_object()) return nullptr;
  const auto found = json->find(name);
  return found == json->end() ? nullptr : &*found;
}

// All references are to "#/definitions/NAME".
const Json* target_of(const Json& json) {
  const Json* reference = member(&json, "$ref");
  if (reference == nullptr) return nullptr;
  const auto& text = reference->get_ref<const std::string&>();
  return member(member(&schema(), "definitions"), text.substr(text.rfind('/') + 1));
}

std::string list_of(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string number_text(const Json* number) { return number == nullptr ? "" : number->dump(); }

}  // namespace

const Json& schema() {
  static const Json parsed = Json::parse(schema_text());
  return parsed;
}

Subschema::Subschema(const Json& json) : own_(&json), target_(target_of(json)) {}

const Json* Subschema::find(const char* keyword) const {
  const Json* found = member(own_, keyword);
  return found != nullptr ? found : member(target_, keyword);
}

std::string Subschema::text(const char* keyword) const {
  const Json* found = find(keyword);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

bool Subschema::allows(std::string_view type) const {
  const Json* types = find("type");
  if (types == nullptr) return type == "string" || find("enum") == nullptr;
  if (types->is_string()) return *types == type;
  return std::ranges::any_of(*types, [type](const Json& each) { return each == type; });
}

std::vector<std::string_view> Subschema::words() const {
  std::vector<std::string_view> words;
  if (const Json* list = find("enum")) {
    for (const Json& word : *list) words.emplace_back(word.get_ref<const std::string&>());
  }
  return words;
}

std::vector<std::string_view> Subschema::names() const {
  std::vector<std::string_view> names;
  if (const Json* properties = find("properties")) {
    for (const auto& [name, property] : properties->items()) names.emplace_back(name);
  }
  return names;
}

Subschema Subschema::child(std::string_view name) const {
  if (const Json* property = member(find("properties"), name)) return Subschema(*property);
  const Json* others = find("additionalProperties");
  return others != nullptr && others->is_object() ? Subschema(*others) : Subschema();
}

Subschema Subschema::item() const {
  const Json* items = find("items");
  return items != nullptr ? Subschema(*items) : Subschema();
}

Subschema Subschema::property_name() const {
  const Json* names = find("propertyNames");
  return names != nullptr ? Subschema(*names) : Subschema();
}

Subschema subschema_at(const std::vector<std::string>& path) {
  Subschema part = Subschema::root();
  for (const std::string& name : path) {
    part = part.child(name);
    if (!part.known()) break;
  }
  return part;
}

std::string expected(const Subschema& part) {
  if (const std::string stated = part.text("x-expected"); !stated.empty()) return stated;
  if (const auto words = part.words(); !words.empty()) return "one of " + list_of(words);
  if (part.allows("boolean")) return "true or false";
  if (part.allows("integer")) {
    return "a whole number from " + number_text(part.find("minimum")) + " to " + number_text(part.find("maximum"));
  }
  if (part.allows("array")) return "a list";
  if (part.allows("object")) {
    const auto names = part.names();
    return names.empty() ? "a map" : "a map of " + list_of(names);
  }
  return "text";
}

bool in_scope(std::string_view section, Scope scope) {
  return Subschema::root().child(section).text("x-scope") == (scope == Scope::daemon ? "daemon" : "project");
}

}  // namespace portd::config
