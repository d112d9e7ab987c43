#include "config/project_files.hpp"

#include <toml++/toml.h>

#include "common/file.hpp"
#include "common/json.hpp"
#include "config/document.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

Error invalid(const std::string& where, const std::string& message) {
  return Error{Problem::invalid_value, where + ": " + message, {{"file", where}}};
}

bool lies_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// The content, or nothing when there is no such file.
Result<std::optional<std::string>> read_if_there(const fs::path& path) {
  auto content = read_file(path, largest_document);
  if (content) return std::optional(std::move(*content));
  if (content.error().problem == Problem::not_found) return std::optional<std::string>();
  return invalid(path.string(), content.error().detail);
}

Result<std::optional<std::string>> name_in_pyproject(const fs::path& path) {
  const auto content = read_if_there(path);
  if (!content) return content.error();
  if (!*content) return std::optional<std::string>();
  try {
    const toml::table table = toml::parse(**content);
    return table["project"]["name"].value<std::string>();
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return invalid(path.string() + ":" + std::to_string(begin.line) + ":" + std::to_string(begin.column),
                   std::string(error.description()));
  }
}

Result<std::optional<std::string>> name_in_package(const fs::path& path) {
  const auto content = read_if_there(path);
  if (!content) return content.error();
  if (!*content) return std::optional<std::string>();
  const auto json = parse_json(**content);
  if (!json) return invalid(path.string(), json.error().detail);
  if (!json->is_object()) return invalid(path.string(), "must be a JSON object");
  const auto found = json->find("name");
  if (found == json->end() || !found->is_string()) return std::optional<std::string>();
  const auto name = found->get<std::string>();
  return std::optional(name.substr(name.rfind('/') + 1));
}

}  // namespace

Result<std::optional<fs::path>> project_file_in(const fs::path& folder) {
  const fs::path yaml = folder / "portd.yaml";
  const fs::path json = folder / "portd.json";
  if (lies_there(yaml) && lies_there(json))
    return invalid(folder.string(), "has portd.yaml and portd.json; keep one of them");
  if (lies_there(yaml)) return std::optional(yaml);
  if (lies_there(json)) return std::optional(json);
  return std::optional<fs::path>();
}

Result<std::optional<std::string>> manifest_name_in(const fs::path& folder) {
  auto name = name_in_pyproject(folder / "pyproject.toml");
  if (!name || (*name && !(*name)->empty())) return name;
  return name_in_package(folder / "package.json");
}

}  // namespace portd::config
