#include "config/key_derivation.hpp"

#include <vector>

#include "common/sha256.hpp"
#include "config/git_checkout.hpp"
#include "config/project_files.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;
using Variables = std::map<std::string, std::string>;

// What lies around a folder: up to the git root or $HOME, whichever comes first.
struct Surroundings {
  fs::path folder;
  fs::path root;
  std::optional<fs::path> project_file{};
  std::optional<GitCheckout> checkout{};
};

fs::path resolved(const fs::path& path) {
  std::error_code failed;
  fs::path canonical = fs::canonical(path, failed);
  return failed ? fs::absolute(path, failed).lexically_normal() : canonical;
}

std::optional<std::string> variable(const Variables& variables, const std::string& name) {
  const auto found = variables.find(name);
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

// The folder and those above it, nearest first.
std::vector<fs::path> upward(const fs::path& folder) {
  std::vector<fs::path> folders{folder};
  while (folders.back() != folders.back().parent_path()) folders.push_back(folders.back().parent_path());
  return folders;
}

Result<Surroundings> look_around(const fs::path& folder, const Variables& variables) {
  Surroundings found{folder, folder};
  const auto home = variable(variables, "HOME");
  const fs::path last = home ? resolved(*home) : fs::path();
  for (const fs::path& each : upward(folder)) {
    if (!found.project_file) {
      auto file = project_file_in(each);
      if (!file) return file.error();
      found.project_file = std::move(*file);
      if (found.project_file) found.root = each;
    }
    found.checkout = git_checkout_at(each);
    if (found.checkout || each == last) break;
  }
  if (!found.project_file && found.checkout) found.root = found.checkout->root;
  return found;
}

// A name out of what people call things. Where nothing usable is left ("項目"), a hash stands for it.
std::string named(const std::string& original) {
  std::string name = to_name(original);
  return name.empty() && !original.empty() ? sha256_hex(original, 8) : name;
}

// Reads the project file at most once, and only when a name is asked of it.
class Derivation {
 public:
  Derivation(const Surroundings& around, const KeyHints& hints, const Variables& variables)
      : around_(around), hints_(hints), variables_(variables) {}

  Result<std::string> project() {
    const auto file = project_file();
    if (!file) return file.error();
    std::string name = file->project ? named(*file->project) : "";
    if (name.empty() && around_.checkout) name = named(around_.checkout->main_name);
    return name.empty() ? Key().project : name;
  }

  Result<std::string> service() {
    if (const auto stated = stated_or_variable(hints_.service, "PORTD_SERVICE")) return named(*stated);
    const auto file = project_file();
    if (!file) return file.error();
    if (file->services.size() == 1 && !file->services.front().empty()) return named(file->services.front());
    for (const fs::path& each : upward(around_.folder)) {
      const auto name = manifest_name_in(each);
      if (!name) return name.error();
      if (*name && !(*name)->empty()) return named(**name);
      if (each == around_.root) break;
    }
    return service_of_folder();
  }

  std::string instance() const {
    std::string name = Key().instance;
    if (around_.checkout && around_.checkout->linked) name = named(around_.checkout->root.filename().string());
    if (const auto stated = stated_or_variable(hints_.instance, "PORTD_INSTANCE")) name = named(*stated);
    return with_environment(name);
  }

 private:
  std::optional<std::string> stated_or_variable(const std::optional<std::string>& hint, const char* name) const {
    return hint && !hint->empty() ? hint : variable(variables_, name);
  }

  Result<ProjectFile> project_file() {
    if (!around_.project_file) return ProjectFile{};
    if (!file_) {
      auto file = read_project_file(*around_.project_file);
      if (!file) return file.error();
      file_ = std::move(*file);
    }
    return *file_;
  }

  // The root of a linked worktree is the same service as the root of the main checkout.
  Result<std::string> service_of_folder() const {
    const bool at_root = around_.checkout && around_.checkout->root == around_.folder;
    std::string name = named(at_root ? around_.checkout->main_name : around_.folder.filename().string());
    if (!name.empty()) return name;
    return Error{Problem::invalid_value,
                 "the folder gives the service no name; state one with --service",
                 {{"field", "service"}}};
  }

  // A child may get both PORTD_INSTANCE and PORTD_ENV from its parent: the environment is appended only once.
  std::string with_environment(const std::string& instance) const {
    const auto environment = stated_or_variable(hints_.environment, "PORTD_ENV");
    if (!environment || *environment == "development") return instance;
    const std::string suffix = "." + named(*environment);
    return instance.ends_with(suffix) ? instance : to_name(instance + suffix);
  }

  const Surroundings& around_;
  const KeyHints& hints_;
  const Variables& variables_;
  std::optional<ProjectFile> file_;
};

Result<KeyParts> stated_parts(const KeyHints& hints) {
  if (hints.key) return KeyParts::parse(*hints.key);
  return KeyParts{};
}

}  // namespace

Result<DerivedKey> derive_key(const fs::path& folder, const KeyHints& hints, const Variables& variables) {
  const auto parts = stated_parts(hints);
  if (!parts) return parts.error();
  const auto around = look_around(resolved(folder), variables);
  if (!around) return around.error();

  Derivation derivation(*around, hints, variables);
  DerivedKey derived{{}, around->root};
  auto project = parts->project ? Result<std::string>(*parts->project) : derivation.project();
  if (!project) return project.error();
  auto service = parts->service.empty() ? derivation.service() : Result<std::string>(parts->service);
  if (!service) return service.error();
  auto role = checked_name("role", parts->role.value_or(hints.role.value_or(derived.key.role)));
  if (!role) return role.error();
  derived.key = {std::move(*project), std::move(*service), parts->instance.value_or(derivation.instance()),
                 std::move(*role)};
  return derived;
}

}  // namespace portd::config
