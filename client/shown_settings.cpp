#include "client/shown_settings.hpp"

#include "config/edit.hpp"

namespace portd::client {
namespace {

// {"a": {"b": 1}}: a.b. Empty maps are values.
void flatten(const Json& json, const std::string& key, const Json& origins, std::vector<config::ShownSetting>& list) {
  if (json.is_object() && !json.empty()) {
    for (const auto& [name, child] : json.items()) flatten(child, config::below(key, name), origins, list);
    return;
  }
  const Json origin = origins.value(key, Json::object());
  const auto layer = from_text<config::Layer>(origin.value("layer", ""));
  list.push_back({key, json, layer.value_or(config::Layer::built_in), origin.value("where", "built-in")});
}

// Nothing where none runs, or where it is too old to say.
std::optional<std::vector<config::ShownSetting>> of_running_portd(Session& session, const ConfigOptions& options) {
  if (!options.file.empty() || !options.key.sets.empty()) return std::nullopt;
  auto portd = session.running_portd();
  if (!portd) return std::nullopt;
  const auto seen = (*portd)->configuration();
  if (!seen || !seen->json.contains("settings")) return std::nullopt;
  std::vector<config::ShownSetting> list;
  flatten(seen->json.at("settings"), "", seen->json.value("origins", Json::object()), list);
  return list;
}

Outcome<std::vector<config::ShownSetting>> of_files(Session& session, const ConfigOptions& options) {
  const config::Loaded loaded = load_daemon(options, session.environment());
  if (config::has_errors(loaded.mistakes)) return failure_from(config::error_of(loaded.mistakes));
  return config::list_settings(loaded.merged, config::Scope::daemon);
}

}  // namespace

Outcome<std::vector<config::ShownSetting>> shown_settings(Session& session, const ConfigOptions& options) {
  std::vector<config::ShownSetting> list;
  if (auto running = of_running_portd(session, options)) {
    list = std::move(*running);
  } else {
    auto files = of_files(session, options);
    if (!files) return files.error();
    list = std::move(*files);
  }
  const auto sources = sources_here(options, session.environment());
  if (!sources) return sources.error();
  if (!*sources) return list;
  const config::LoadedProject project = config::load_project(**sources);
  if (config::has_errors(project.mistakes)) return failure_from(config::error_of(project.mistakes));
  for (config::ShownSetting& each : config::list_settings(project.merged, config::Scope::project)) {
    list.push_back(std::move(each));
  }
  return list;
}

std::string value_text(const Json& value) {
  if (value.is_string()) return config::as_yaml_scalar(value.get<std::string>());
  if (!value.is_structured()) return value.dump();
  std::string text;
  for (const auto& [name, child] : value.items()) {
    text += text.empty() ? "" : ", ";
    if (value.is_object()) text += config::as_yaml_scalar(name) + ": ";
    text += value_text(child);
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace portd::client
