// Which layer wins, over all eight of them, in YAML and in JSON.
#include <gtest/gtest.h>

#include "config/project.hpp"
#include "config/settings.hpp"
#include "config/validation.hpp"
#include "tests/support/temp_folder.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

enum class Format { of_yaml, of_json };

std::string nested(Format format, const std::vector<std::string>& path, const std::string& value) {
  std::string text = "\"" + value + "\"";
  for (auto name = path.rbegin(); name != path.rend(); ++name) text = "{\"" + *name + "\": " + text + "}";
  return format == Format::of_json ? text : "# YAML\n" + text.substr(1, text.size() - 2) + "\n";
}

// Everything that states a key, from some layer on downward; the text of each value is the name of its layer.
class Precedence : public ::testing::TestWithParam<Format> {
 protected:
  fs::path write(const std::string& name, const std::vector<std::string>& path, const std::string& value) const {
    const std::string ending = GetParam() == Format::of_json ? ".json" : ".yaml";
    return folder_.write(name + ending, nested(GetParam(), path, value));
  }

  const ShownSetting* find(const std::vector<ShownSetting>& list, const std::string& key) const {
    const auto found = std::ranges::find(list, key, &ShownSetting::key);
    return found == list.end() ? nullptr : &*found;
  }

  portd::testing::TempFolder folder_;
};

TEST_P(Precedence, OfPortdsSettingsIsBuiltInSystemUserVariableFlag) {
  const std::vector<std::string> path{"ports", "ranges", "web"};
  const std::vector<std::pair<Layer, std::string>> expected{{Layer::system, "30001-30001"},
                                                            {Layer::user, "30002-30002"},
                                                            {Layer::variable, "30003-30003"},
                                                            {Layer::flag, "30004-30004"}};
  Sources sources{.files = {}, .variables = {}, .flags = {}};
  for (const auto& [layer, value] : expected) {
    if (layer == Layer::system) sources.files.push_back({write("system", path, value), layer});
    if (layer == Layer::user) sources.files.push_back({write("user", path, value), layer});
    if (layer == Layer::variable) sources.variables["PORTD_CFG_PORTS__RANGES__WEB"] = value;
    if (layer == Layer::flag) sources.flags.push_back({"ports.ranges.web=" + value});
    const Loaded loaded = load_settings(sources);
    ASSERT_TRUE(loaded.mistakes.empty()) << describe(loaded.mistakes[0]);
    const auto list = list_settings(loaded.merged, Scope::daemon);
    const ShownSetting* shown = find(list, "ports.ranges.web");
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(shown->layer, layer);
    EXPECT_EQ(loaded.settings.ports.ranges.at("web").text(), value);
    // The layer below all of them is still there where nobody says anything.
    EXPECT_EQ(find(list, "ports.ranges.default")->layer, Layer::built_in);
  }
}

TEST_P(Precedence, OfAProjectIsExtendedFileOwnFileEnvironmentInstanceVariableFlag) {
  const bool is_json = GetParam() == Format::of_json;
  const std::string base = is_json ? "base.json" : "base.yaml";
  folder_.write(base, nested(GetParam(), {"services", "web", "env", "LAYER"}, "extended"));
  const std::string own = R"({"extends": ")" + base + R"(", "services": {"web": {"env": {"OWN": "1"OWN}}},
    "environments": {"testing": {"services": {"web": {"env": {"LAYER": "environment"}}}}},
    "instances": {"feature-x": {"services": {"web": {"env": {"LAYER": "instance"}}}}}})";
  const auto text_with = [&](const std::string& more) {
    std::string text = own;
    text.replace(text.find("OWN}"), 3, more);
    return is_json ? text : "# YAML\n" + text;
  };
  const std::string own_name = is_json ? "portd.json" : "portd.yaml";
  struct Step {
    std::string value;
    Layer layer;
    std::function<void(ProjectSources&)> add;
  };
  const std::vector<Step> steps{
      {"extended", Layer::project, [](ProjectSources&) {}},
      {"own", Layer::project, [&](ProjectSources&) { folder_.write(own_name, text_with(R"(, "LAYER": "own")")); }},
      {"environment", Layer::environment, [](ProjectSources& sources) { sources.environment = "testing"; }},
      {"instance", Layer::instance, [](ProjectSources& sources) { sources.instance = "feature-x"; }},
      {"variable", Layer::variable,
       [](ProjectSources& sources) {
         sources.flags = {};
         sources.variables["PORTD_CFG_SERVICES__WEB__ENV"] = "{LAYER: variable}";
       }},
      {"flag", Layer::flag, [](ProjectSources& sources) { sources.flags = {{"services.web.env.LAYER=flag"}}; }}};
  ProjectSources sources{.file = folder_.write(own_name, text_with(""))};
  for (const Step& step : steps) {
    step.add(sources);
    const LoadedProject loaded = load_project(sources);
    ASSERT_TRUE(loaded.mistakes.empty()) << describe(loaded.mistakes[0]);
    const auto list = list_settings(loaded.merged, Scope::project);
    const ShownSetting* shown = find(list, "services.web.env.LAYER");
    ASSERT_NE(shown, nullptr) << step.value;
    EXPECT_EQ(shown->value, step.value);
    EXPECT_EQ(shown->layer, step.layer) << step.value;
    EXPECT_EQ(find(list, "services.web.env.OWN")->value, "1");
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Precedence, ::testing::Values(Format::of_yaml, Format::of_json),
                         [](const auto& format) { return format.param == Format::of_yaml ? "Yaml" : "Json"; });

}  // namespace
}  // namespace portd::config
