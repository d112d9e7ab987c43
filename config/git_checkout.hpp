#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace portd::config {

// The git checkout whose root a folder is, as its files tell (gitrepository-layout(5)); no program is run.
struct GitCheckout {
  std::filesystem::path root;
  std::string main_name;  // folder name of the main checkout; of a bare repository its own, without ".git"
  bool linked = false;    // made by `git worktree add`
};

// Nothing when `folder` is not the root of a checkout. What is broken counts as a checkout of its own.
std::optional<GitCheckout> git_checkout_at(const std::filesystem::path& folder);

}  // namespace portd::config
