#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/error.hpp"

namespace portd::config {

// The portd.yaml or portd.json of a folder, or nothing.
// Error: invalid_value when both are there or when the folder has neither as a regular file.
Result<std::optional<std::filesystem::path>> project_file_in(const std::filesystem::path& folder);

// The name that the folder's pyproject.toml ([project] name), else its package.json states ("@acme/shop" is "shop").
// Error: invalid_value, naming the file.
Result<std::optional<std::string>> manifest_name_in(const std::filesystem::path& folder);

}  // namespace portd::config
