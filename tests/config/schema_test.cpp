#include "config/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/layers.hpp"
#include "config/settings.hpp"
#include "config/validation.hpp"

namespace portd::config {
namespace {

using ::testing::IsEmpty;

// A key of the schema; names that its user chooses are "*", items of a list "[]".
struct SchemaKey {
  std::string key;
  Subschema part;
  Scope scope;
  std::vector<std::string> steps;
};

void collect(const SchemaKey& at, std::vector<SchemaKey>& keys) {
  keys.push_back(at);
  const auto go_on = [&](const std::string& step, const Subschema& part) {
    SchemaKey next{at.key + (step == "[]" ? "" : ".") + step, part, at.scope, at.steps};
    next.steps.push_back(step);
    collect(next, keys);
  };
  for (const std::string_view name : at.part.names()) go_on(std::string(name), at.part.child(name));
  // Overlays hold services once more.
  if (at.key == "environments" || at.key == "instances") return;
  if (at.part.allows("object") && at.part.child("*").known()) go_on("*", at.part.child("*"));
  if (at.part.allows("array") && at.part.item().known()) go_on("[]", at.part.item());
}

std::vector<SchemaKey> all_keys() {
  std::vector<SchemaKey> keys;
  for (const std::string_view section : Subschema::root().names()) {
    const Scope scope = in_scope(section, Scope::daemon) ? Scope::daemon : Scope::project;
    const std::string name(section);
    collect({name, Subschema::root().child(section), scope, {name}}, keys);
  }
  return keys;
}

// A name that may stand where the user chooses one.
std::string some_name(const std::string& parent) { return parent.ends_with("env") ? "NAME" : "name"; }

// A file with that value at the key.
std::string file_with(const SchemaKey& key, const Json& value) {
  Json json = value;
  std::string parent;
  for (std::size_t i = key.steps.size(); i-- > 0;) {
    const std::string& step = key.steps[i];
    parent = i > 0 ? key.steps[i - 1] : "";
    if (step == "[]") {
      json = Json::array({json});
    } else {
      Json map = Json::object();
      map[step == "*" ? some_name(parent) : step] = json;
      json = std::move(map);
    }
  }
  return json.dump();
}

std::vector<std::string> mistakes_in(const std::string& content, Scope scope) {
  const Document document = read_json("example", content);
  std::vector<Mistake> mistakes = document.mistakes;
  validate(document.root, scope, mistakes);
  std::vector<std::string> texts;
  for (const Mistake& mistake : mistakes) texts.push_back(describe(mistake));
  return texts;
}

// An item of a list, a member of a map: what holds them has the default and the example.
bool is_member(const SchemaKey& key) { return key.steps.back() == "[]" || key.steps.back() == "*"; }

// Optional keys without which something else holds, as their description tells.
bool has_no_default(const SchemaKey& key) {
  static const std::set<std::string> none{"log.file",
                                          "alerts.webhook",
                                          "project",
                                          "extends",
                                          "services",
                                          "environments",
                                          "instances",
                                          "services.*.command",
                                          "services.*.ports.*.port",
                                          "services.*.ports.*.range",
                                          "services.*.ports.*.on_conflict",
                                          "services.*.checks[].type",
                                          "services.*.checks[].id",
                                          "services.*.checks[].url",
                                          "services.*.checks[].expect_status",
                                          "services.*.checks[].expect_body",
                                          "checks.commands.*.*.command"};
  return none.contains(key.key);
}

TEST(Schema, DescribesEveryKey) {
  for (const SchemaKey& key : all_keys()) {
    if (key.steps.back() == "[]") continue;
    EXPECT_TRUE(key.part.text("description").ends_with('.')) << key.key;
  }
}

TEST(Schema, HasADefaultAndAnExampleOfEveryKey) {
  for (const SchemaKey& key : all_keys()) {
    if (is_member(key)) continue;
    const bool groups = !key.part.names().empty();
    EXPECT_EQ(key.part.find("default") != nullptr, !groups && !has_no_default(key)) << key.key;
    EXPECT_TRUE(groups || key.part.find("examples") != nullptr) << key.key;
  }
}

TEST(Schema, AcceptsItsOwnExamplesAndDefaults) {
  int checked = 0;
  for (const SchemaKey& key : all_keys()) {
    std::vector<Json> values;
    if (const Json* examples = key.part.find("examples")) values.assign(examples->begin(), examples->end());
    if (const Json* standard = key.part.find("default")) values.push_back(*standard);
    for (const Json& value : values) {
      const std::string content = file_with(key, value);
      EXPECT_THAT(mistakes_in(content, key.scope), IsEmpty()) << key.key << ": " << content;
      ++checked;
    }
  }
  EXPECT_GT(checked, 80);
}

TEST(Schema, RefusesWhatIsNotTheTypeOfAKey) {
  for (const SchemaKey& key : all_keys()) {
    const bool takes_maps = key.part.allows("object");
    const Json wrong = takes_maps ? Json(5) : Json::parse(R"({"a": {"b": 5}})");
    EXPECT_THAT(mistakes_in(file_with(key, wrong), key.scope), Not(IsEmpty())) << key.key;
  }
}

TEST(Schema, StatesTheSameDefaultsAsTheTypedSettings) {
  const std::string stated = as_json(built_in_layer(Scope::daemon)).dump();
  const Loaded loaded = load_settings_with({.files = {{"built-in.json", Layer::user}}}, "built-in.json", stated);
  for (const Mistake& mistake : loaded.mistakes) ADD_FAILURE() << describe(mistake);
  EXPECT_EQ(loaded.settings, Settings{});
}

}  // namespace
}  // namespace portd::config
