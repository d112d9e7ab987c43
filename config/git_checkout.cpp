#include "config/git_checkout.hpp"

#include "common/file.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 8192;

// The first line of a small file, or nothing.
std::optional<std::string> first_line(const fs::path& file) {
  const auto content = read_file(file, largest_file);
  if (!content) return std::nullopt;
  std::string line = content->substr(0, content->find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line.find('\0') == std::string::npos ? std::optional(line) : std::nullopt;
}

// /src/shop/.git: "shop"; /src/shop/.bare: "shop"; /srv/shop.git: "shop".
std::string name_of_repository(const fs::path& common_folder) {
  const std::string name = common_folder.filename().string();
  if (name.starts_with('.')) return common_folder.parent_path().filename().string();
  return name.ends_with(".git") ? name.substr(0, name.size() - 4) : name;
}

fs::path without_trailing_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

// Where the `.git` file of a linked worktree or a submodule leads to.
std::optional<fs::path> git_folder_of(const fs::path& root) {
  constexpr std::string_view prefix = "gitdir: ";
  const auto line = first_line(root / ".git");
  if (!line || !line->starts_with(prefix)) return std::nullopt;
  return without_trailing_slash((root / line->substr(prefix.size())).lexically_normal());
}

}  // namespace

std::optional<GitCheckout> git_checkout_at(const fs::path& folder) {
  std::error_code ignored;
  const fs::file_status status = fs::status(folder / ".git", ignored);
  GitCheckout checkout{folder, folder.filename().string()};
  if (fs::is_directory(status)) return checkout;
  if (!fs::is_regular_file(status)) return std::nullopt;
  const auto git_folder = git_folder_of(folder);
  if (!git_folder) return checkout;
  // Only a linked worktree has this file; a submodule is a checkout of its own.
  const auto common = first_line(*git_folder / "commondir");
  if (!common || common->empty()) return checkout;
  checkout.linked = true;
  checkout.main_name = name_of_repository(without_trailing_slash((*git_folder / *common).lexically_normal()));
  return checkout;
}

}  // namespace portd::config
