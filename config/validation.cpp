#include "config/validation.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <regex>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "common/key.hpp"
#include "common/size.hpp"
#include "common/time.hpp"
#include "common/wording.hpp"
#include "config/fixes.hpp"
#include "config/key_path.hpp"
#include "config/source_text.hpp"

namespace portd::config {
namespace {

using PlainJson = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

// Longer ones are refused before a regular expression of the library sees them: it recurses.
constexpr std::size_t longest_text = 4096;
constexpr std::size_t longest_name = 128;

// Plain scalars of YAML 1.2's core schema, section 10.3.2.
PlainJson as_json_scalar(const Value& value) {
  const std::string& text = value.text;
  if (value.quoted) return text;
  if (text == "true" || text == "false") return text == "true";
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(begin, end, integer); read.ec == std::errc() && read.ptr == end) return integer;
  double number = 0;
  const bool digits = text.find_first_of("0123456789") != std::string::npos;
  const auto read = std::from_chars(begin, end, number);
  if (digits && read.ec == std::errc() && read.ptr == end) return number;
  return text;
}

const valijson::Schema& compiled_schema() {
  static const auto* compiled = [] {
    const PlainJson json = PlainJson::parse(schema_text());
    auto* parsed = new valijson::Schema;  // kept until the program ends
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(json), *parsed);
    return parsed;
  }();
  return *compiled;
}

// The paths at which the library finds something wrong: "/ports/strategy". That of a parent often is among them, too.
std::set<std::string> failing_paths(const Value& root) {
  const PlainJson json = as_json(root);
  valijson::Validator validator;
  valijson::ValidationResults results;
  std::set<std::string> paths;
  if (validator.validate(compiled_schema(), Adapter(json), &results)) return paths;
  for (const auto& error : results) {
    std::string path;
    for (const std::string& step : error.context) {
      if (step.starts_with('[')) path += "/" + step.substr(1, step.size() - 2);
    }
    paths.insert(std::move(path));
  }
  return paths;
}

std::string shown(const Value& value) {
  switch (value.type) {
    case Value::Type::null:
      return "nothing";
    case Value::Type::scalar:
      return in_quotes(value.text);
    case Value::Type::list:
      return "a list";
    case Value::Type::map:
      return "a map";
  }
  return "";
}

int width_of(Place begin, Place end) { return end.line == begin.line ? std::max(1, end.column - begin.column) : 1; }

// Puts what the library found into words, and holds what a schema cannot say: durations, ranges, scopes.
class Explanation {
 public:
  Explanation(const Value& root, Scope scope, std::vector<Mistake>& mistakes)
      : root_(root), scope_(scope), mistakes_(mistakes) {}

  void run() {
    if (root_.type == Value::Type::null) return;
    if (root_.type != Value::Type::map) {
      return tell(mistake_at(root_, "", "the file must be a map of settings, such as: " + example()));
    }
    refuse_long_texts(root_, "");
    if (too_long_) return;
    failing_ = failing_paths(root_);
    look(root_, Subschema::root(), "", "");
  }

 private:
  bool is_crowded_at(const Value& value) const { return is_crowded(mistakes_, value.source.get()); }

  Mistake at(const Value& value, const std::string& key, std::string message) const {
    if (!is_crowded_at(value)) return mistake_at(value, key, std::move(message));
    return {.source = value.source, .place = value.place, .key = key, .message = std::move(message)};
  }

  Mistake at_name(const Value& value, const std::string& key, std::string message) const {
    if (!is_crowded_at(value)) return mistake_at_name(value, key, std::move(message));
    return {.source = value.source, .place = value.name_place, .key = key, .message = std::move(message)};
  }

  void refuse_long_texts(const Value& value, const std::string& key) {
    if (value.text.size() > longest_text || value.name.size() > longest_name) {
      too_long_ = true;
      const bool name = value.name.size() > longest_name;
      const std::string limit = std::to_string(name ? longest_name : longest_text);
      const std::string what = name ? "a name of more than " : "must not be longer than ";
      tell(at(value, name ? "" : key, what + limit + " bytes"));
    }
    for (const Value& child : value.children) refuse_long_texts(child, below(key, child.name));
  }

  void look(const Value& value, const Subschema& part, const std::string& key, const std::string& path) {
    const bool failing = failing_.contains(path);
    if (!fits(value, part, failing)) return refuse(value, part, key);
    if (value.type == Value::Type::scalar) return check_format(value, part, key);
    if (value.type == Value::Type::map) return look_into(value, part, key, path);
    for (std::size_t i = 0; i < value.children.size(); ++i) {
      const Value& item = value.children[i];
      look(item, part.item(), key + "[" + std::to_string(i) + "]", path + "/" + std::to_string(i));
    }
  }

  // A parent fails with its children; it is itself wrong when its type or its size is.
  static bool fits(const Value& value, const Subschema& part, bool failing) {
    if (!failing) return value.type != Value::Type::null;
    switch (value.type) {
      case Value::Type::null:
      case Value::Type::scalar:
        return false;
      case Value::Type::list:
        return part.allows("array") && part.words().empty() && has_size(value, part, "minItems", "maxItems");
      case Value::Type::map:
        return part.allows("object") && part.words().empty() && has_size(value, part, "minProperties", "maxProperties");
    }
    return true;
  }

  static bool has_size(const Value& value, const Subschema& part, const char* least, const char* most) {
    const auto* minimum = part.find(least);
    const auto* maximum = part.find(most);
    return (minimum == nullptr || value.children.size() >= minimum->get<std::size_t>()) &&
           (maximum == nullptr || value.children.size() <= maximum->get<std::size_t>());
  }

  // A list or map of the right type that has too many entries.
  static bool is_crowded_itself(const Value& value, const Subschema& part) {
    if (value.type == Value::Type::map) return part.allows("object") && !has_size(value, part, "", "maxProperties");
    return value.type == Value::Type::list && part.allows("array") && !has_size(value, part, "", "maxItems");
  }

  void refuse(const Value& value, const Subschema& part, const std::string& key) {
    std::string message = "must be " + expected(part) + ", not " + shown(value);
    if (is_crowded_itself(value, part)) {
      const auto* most = part.find(value.type == Value::Type::map ? "maxProperties" : "maxItems");
      message = "has " + std::to_string(value.children.size()) + " entries; at most " + most->dump() + " are allowed";
    }
    if (value.type == Value::Type::scalar) message += did_you_mean(value.text, part.words());
    Mistake mistake = at(value, key, std::move(message));
    if (may_mend(value) && !is_crowded_itself(value, part)) mistake.fix = likely_fix(root_, value, part);
    tell(std::move(mistake));
  }

  void look_into(const Value& map, const Subschema& part, const std::string& key, const std::string& path) {
    const Subschema name_part = part.property_name();
    for (const Value& child : map.children) {
      const std::string child_key = below(key, child.name);
      const Subschema child_part = part.child(child.name);
      if (!child_part.known()) {
        refuse_unknown(map, child, part, child_key);
      } else if (path.empty() && !in_scope(child.name, scope_)) {
        refuse_scope(child, child_key);
      } else if (name_part.known() && !has_pattern(child.name, name_part)) {
        Mistake mistake = at_name(child, child_key, "must be under " + expected(name_part));
        if (may_mend(child)) mistake.fix = name_fix(map, child, name_part);
        tell(std::move(mistake));
      } else if (child.type != Value::Type::null) {
        look(child, child_part, child_key, path + "/" + child.name);
      }
    }
  }

  bool has_pattern(const std::string& name, const Subschema& part) {
    const std::string text = part.text("pattern");
    return std::regex_match(name, patterns_.try_emplace(text, text).first->second);
  }

  // "Testing" is most likely "testing".
  std::optional<Fix> name_fix(const Value& map, const Value& child, const Subschema& name_part) {
    const std::string name = to_name(child.name);
    const bool free = !name.empty() && has_pattern(name, name_part) && map.find(name) == nullptr;
    return free ? renaming(child, name) : removal(root_, child);
  }

  void refuse_unknown(const Value& map, const Value& child, const Subschema& part, const std::string& key) {
    std::vector<std::string_view> names = part.names();
    if (key.find('.') == std::string::npos) {
      std::erase_if(names, [this](std::string_view name) { return !in_scope(name, scope_); });
    }
    const std::string_view near = nearest(child.name, names);
    const std::string parent = key.substr(0, key.size() - std::min(key.size(), below("", child.name).size()));
    std::string message = "is not a setting";
    if (!near.empty()) {
      message += "; did you mean " + in_quotes(parent + std::string(near)) + "?";
    } else if (!names.empty()) {
      message += "; there are";
      for (std::size_t i = 0; i < names.size(); ++i) message += (i == 0 ? " " : ", ") + std::string(names[i]);
    }
    Mistake mistake = at_name(child, key, std::move(message));
    if (may_mend(child)) {
      const bool free = !near.empty() && map.find(near) == nullptr;
      mistake.fix = free ? renaming(child, std::string(near)) : removal(root_, child);
    }
    tell(std::move(mistake));
  }

  void refuse_scope(const Value& child, const std::string& key) {
    const std::string message =
        scope_ == Scope::project
            ? "is a setting of portd itself, and a project may not change it; move it to the user's file (portc config "
              "path)"
            : "is of a project's file; move it to the portd.yaml of the project";
    Mistake mistake = at_name(child, key, message);
    if (may_mend(child)) mistake.fix = removal(root_, child);
    tell(std::move(mistake));
  }

  void check_format(const Value& value, const Subschema& part, const std::string& key) {
    const std::string format = part.text("x-format");
    if (format == "duration") check_duration(value, part, key);
    if (format == "size") check_size(value, part, key);
    if (format == "port-range") {
      if (const auto range = PortRange::parse(value.text); !range) {
        Mistake mistake =
            at(value, key, "must be " + expected(part) + ", not " + shown(value) + ": " + range.error().detail);
        if (may_mend(value)) mistake.fix = likely_fix(root_, value, part);
        tell(std::move(mistake));
      }
    }
  }

  void check_duration(const Value& value, const Subschema& part, const std::string& key) {
    const std::string least = part.text("x-minimum").empty() ? "0s" : part.text("x-minimum");
    const std::string most = part.text("x-maximum");
    const auto duration = parse_duration(value.text);
    if (!duration) return refuse(value, part, key);
    const Millis minimum = parse_duration(least).value();
    const Millis maximum = parse_duration(most.empty() ? "3650d" : most).value();
    if (*duration < minimum || *duration > maximum) {
      tell_bounds(value, key, to_text(minimum), to_text(maximum), *duration < minimum);
    }
  }

  void check_size(const Value& value, const Subschema& part, const std::string& key) {
    const auto size = parse_size(value.text);
    if (!size) return refuse(value, part, key);
    const std::string least = part.text("x-minimum");
    const std::string most = part.text("x-maximum");
    const bool below_least = *size < parse_size(least).value();
    if (below_least || *size > parse_size(most).value()) tell_bounds(value, key, least, most, below_least);
  }

  void tell_bounds(const Value& value, const std::string& key, const std::string& least, const std::string& most,
                   bool below_least) {
    Mistake mistake = at(value, key, "must be from " + least + " to " + most + ", not " + shown(value));
    if (may_mend(value)) mistake.fix = replacement(value, below_least ? least : most);
    tell(std::move(mistake));
  }

  bool may_mend(const Value& value) const {
    return !is_crowded_at(value) && value.source != nullptr && value.place.line > 0;
  }

  std::string example() const {
    return scope_ == Scope::daemon ? "ports: {strategy: next}" : "services: {web: {ports: [http]}}";
  }

  void tell(Mistake mistake) { mistakes_.push_back(std::move(mistake)); }

  const Value& root_;
  Scope scope_;
  std::vector<Mistake>& mistakes_;
  std::set<std::string> failing_;
  std::map<std::string, std::regex> patterns_;  // by their text; a regular expression is slow to build
  bool too_long_ = false;
};

void require_below(const Value& value, const Subschema& part, const std::string& key, std::vector<Mistake>& mistakes) {
  if (const auto* names = part.find("required"); names != nullptr && value.type == Value::Type::map) {
    for (const auto& name : *names) {
      const auto text = name.get<std::string>();
      const Value* found = value.find(text);
      if (found != nullptr && found->type != Value::Type::null) continue;
      const std::string wanted = expected(part.child(text));
      mistakes.push_back(mistake_at(value, key, "has no " + in_quotes(text) + "; state " + wanted));
    }
  }
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    const Value& child = value.children[i];
    const bool list = value.type == Value::Type::list;
    const Subschema child_part = list ? part.item() : part.child(child.name);
    if (!child_part.known()) continue;
    require_below(child, child_part, list ? key + "[" + std::to_string(i) + "]" : below(key, child.name), mistakes);
  }
}

}  // namespace

nlohmann::json as_json(const Value& value) {
  PlainJson json;
  switch (value.type) {
    case Value::Type::null:
      break;
    case Value::Type::scalar:
      return as_json_scalar(value);
    case Value::Type::list:
      json = PlainJson::array();
      for (const Value& item : value.children) json.push_back(as_json(item));
      break;
    case Value::Type::map:
      json = PlainJson::object();
      for (const Value& child : value.children) {
        if (child.type != Value::Type::null) json[child.name] = as_json(child);
      }
      break;
  }
  return json;
}

Mistake mistake_at(const Value& value, std::string key, std::string message) {
  const bool scalar = value.type == Value::Type::scalar && value.source != nullptr && value.place.line > 0;
  return {.source = value.source,
          .place = value.place,
          .width = scalar ? width_of(value.place, end_of_scalar(value.source->content, value)) : 1,
          .key = std::move(key),
          .message = std::move(message)};
}

Mistake mistake_at_name(const Value& value, std::string key, std::string message) {
  Mistake mistake = mistake_at(value, std::move(key), std::move(message));
  if (value.name_place.line == 0) return mistake;
  mistake.place = value.name_place;
  mistake.width = width_of(value.name_place, end_of_name(value.source->content, value));
  return mistake;
}

void validate(const Value& root, Scope scope, std::vector<Mistake>& mistakes) {
  std::vector<Mistake> found;
  Explanation(root, scope, found).run();
  mistakes.insert(mistakes.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

void require(const Value& merged, std::vector<Mistake>& mistakes) {
  require_below(merged, Subschema::root(), "", mistakes);
}

}  // namespace portd::config
