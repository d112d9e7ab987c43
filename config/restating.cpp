#include "config/restating.hpp"

#include <optional>

#include "common/wording.hpp"
#include "config/edit.hpp"
#include "config/key_path.hpp"
#include "config/source_text.hpp"
#include "config/validation.hpp"

namespace portd::config {
namespace {

// Each edit reads the text again.
constexpr int most_edits = 64;

std::string flow_text(const Json& json) {
  if (json.is_string()) return as_yaml_scalar(json.get_ref<const std::string&>());
  if (!json.is_structured()) return json.dump();
  std::string text;
  for (const auto& [name, member] : json.items()) {
    if (!text.empty()) text += ", ";
    if (json.is_object()) text += as_yaml_scalar(name) + ": ";
    text += flow_text(member);
  }
  return json.is_object() ? "{" + text + "}" : "[" + text + "]";
}

bool is_map(const Value* value, const Json& json) {
  return value != nullptr && value->type == Value::Type::map && json.is_object() && !json.empty();
}

// Finds the first edit that brings a text nearer to what it shall state.
class Difference {
 public:
  explicit Difference(const Document& document)
      : document_(document), json_(document.source->name.ends_with(".json")) {}

  Result<std::optional<TextEdit>> find(const Json& wanted) { return find(document_.root, wanted); }

 private:
  Result<std::optional<TextEdit>> find(const Value& map, const Json& wanted) {
    for (const Value& child : map.children) {
      if (!wanted.contains(child.name) && !is_placeholder(child)) return removal(child);
    }
    for (const auto& [name, member] : wanted.items()) {
      const Value* child = map.find(name);
      path_.push_back(name);
      auto edit = is_map(child, member) ? find(*child, member) : setting(child, member);
      path_.pop_back();
      if (!edit || *edit) return edit;
    }
    return std::optional<TextEdit>();
  }

  // `ports:` above nothing but comments.
  bool is_placeholder(const Value& child) const { return path_.empty() && child.type == Value::Type::null; }

  Result<std::optional<TextEdit>> removal(const Value& child) const {
    const TextEdit edit = removal_of(document_.root, child);
    if (edit.begin == edit.end) return by_hand(child.name);
    return std::optional(edit);
  }

  Result<std::optional<TextEdit>> setting(const Value* child, const Json& wanted) const {
    if (child != nullptr && nlohmann::json(as_stated(*child)) == nlohmann::json(wanted)) {
      return std::optional<TextEdit>();
    }
    auto edit = setting_of(document_, path_, json_ ? dump_json(wanted) : flow_text(wanted));
    if (!edit) return edit.error();
    return std::optional(std::move(*edit));
  }

  Error by_hand(const std::string& name) const {
    return {Problem::invalid_value, below(key_text(path_), name) + " cannot be taken out of " +
                                        in_quotes(document_.source->name) +
                                        " as it is written; send \"content\", or edit the file (portc config edit)"};
  }

  const Document& document_;
  bool json_;
  KeyPath path_;
};

Error has_mistakes(const Document& document) {
  return {Problem::invalid_value, "the file has mistakes; send \"content\" in place of \"settings\", or mend it: " +
                                      describe(document.mistakes.front())};
}

Error too_many_edits(const std::filesystem::path& file) {
  return {Problem::invalid_value, "more than " + std::to_string(most_edits) + " changes of " +
                                      in_quotes(file.string()) + " at once; send \"content\" in place of \"settings\""};
}

}  // namespace

Json as_stated(const Value& value) {
  if (value.type == Value::Type::null) return nullptr;
  if (value.type == Value::Type::scalar) return Json(as_json(value));
  Json json = value.type == Value::Type::map ? Json::object() : Json::array();
  for (const Value& child : value.children) {
    if (value.type == Value::Type::map) {
      json[child.name] = as_stated(child);
    } else {
      json.push_back(as_stated(child));
    }
  }
  return json;
}

Result<std::string> restated(const std::filesystem::path& file, const std::string& content, const Json& settings) {
  std::string text = content;
  for (int edits = 0; edits < most_edits; ++edits) {
    const Document document = read_text(file, text, Layer::user);
    if (has_errors(document.mistakes)) return has_mistakes(document);
    const auto edit = Difference(document).find(settings);
    if (!edit) return edit.error();
    if (!*edit) return text;
    text = apply(text, {**edit});
  }
  return too_many_edits(file);
}

}  // namespace portd::config
