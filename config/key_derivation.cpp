#include "config/key_derivation.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "config/project_check.hpp"
#include "config/project_files.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

fs::path resolved_folder(const fs::path& path) {
  std::error_code failed;
  fs::path canonical = fs::canonical(path, failed);
  return failed ? fs::absolute(path, failed).lexically_normal() : canonical;
}

std::optional<std::string> stated_or_variable(const std::optional<std::string>& hint, const Variables& variables,
                                              const char* name) {
  return hint && !hint->empty() ? hint : stated_variable(variables, name);
}

// The folder and those above it, nearest first.
std::vector<fs::path> upward(const fs::path& folder) {
  std::vector<fs::path> folders{folder};
  while (folders.back() != folders.back().parent_path()) folders.push_back(folders.back().parent_path());
  return folders;
}

// As git's safe.directory has it: only our own files and root's count. Root reads everybody's.
bool is_foreign(const fs::path& file) {
  struct stat status{};
  const uid_t own = ::geteuid();
  return own != 0 && ::stat(file.c_str(), &status) == 0 && status.st_uid != own && status.st_uid != 0;
}

Result<void> find_files(Surroundings& found, const Variables& variables) {
  const auto home = stated_variable(variables, "HOME");
  const fs::path last = home ? resolved_folder(*home) : fs::path();
  for (const fs::path& each : upward(found.folder)) {
    if (!found.project_file) {
      auto file = project_file_in(each);
      if (!file) return file.error();
      found.project_file = std::move(*file);
      if (found.project_file) found.root = each;
      if (found.project_file && is_foreign(*found.project_file)) {
        return Error{Problem::invalid_value,
                     found.project_file->string() +
                         " belongs to another user, who could say what yours do; copy it, "
                         "or leave the folder",
                     {{"file", found.project_file->string()}}};
      }
    }
    found.checkout = git_checkout_at(each);
    if (found.checkout || each == last) break;
  }
  if (!found.project_file && found.checkout) found.root = found.checkout->root;
  return {};
}

std::string instance_of(const Surroundings& around, const KeyHints& hints, const Variables& variables) {
  if (const auto stated = stated_or_variable(hints.instance, variables, "PORTD_INSTANCE")) return project_name(*stated);
  if (around.checkout && around.checkout->linked) return project_name(around.checkout->root.filename().string());
  return Key().instance;
}

// The root of a linked worktree is the same service as the root of the main checkout.
Result<std::string> service_of_folder(const Surroundings& around) {
  const bool at_root = around.checkout && around.checkout->root == around.folder;
  std::string name = project_name(at_root ? around.checkout->main_name : around.folder.filename().string());
  if (!name.empty()) return name;
  return Error{
      Problem::invalid_value, "the folder gives the service no name; state one with --service", {{"field", "service"}}};
}

Result<std::string> service_around(const Surroundings& around, const std::optional<Project>& project,
                                   const KeyHints& hints, const Variables& variables) {
  if (const auto stated = stated_or_variable(hints.service, variables, "PORTD_SERVICE")) return project_name(*stated);
  if (project && project->services.size() == 1) return project->services.front().name;
  for (const fs::path& each : upward(around.folder)) {
    const auto name = manifest_name_in(each);
    if (!name) return name.error();
    if (*name && !(*name)->empty()) return project_name(**name);
    if (each == around.root) break;
  }
  return service_of_folder(around);
}

Result<KeyParts> stated_parts(const KeyHints& hints) {
  if (hints.key) return KeyParts::parse(*hints.key);
  return KeyParts{};
}

// Whether the project file says what the key's service is.
bool is_of(const KeyParts& parts, const std::string& project) { return !parts.project || *parts.project == project; }

// The project of the folder, in its environment and instance; nothing without a file. Error: all mistakes at once.
Result<std::optional<Project>> project_around(const Surroundings& around, const KeyHints& hints,
                                              const Variables& variables) {
  if (!around.project_file) return std::optional<Project>();
  LoadedProject loaded = load_project(project_sources(around, hints, variables));
  if (has_errors(loaded.mistakes)) return error_of(loaded.mistakes);
  return std::optional(std::move(loaded.project));
}

}  // namespace

// A child may get both PORTD_INSTANCE and PORTD_ENV from its parent: the environment is appended only once.
std::string Surroundings::key_instance() const {
  if (environment.empty()) return instance;
  const std::string suffix = "." + environment;
  return instance.ends_with(suffix) ? instance : to_name(instance + suffix);
}

Result<Surroundings> look_around(const fs::path& folder, const KeyHints& hints, const Variables& variables) {
  Surroundings found{.folder = resolved_folder(folder), .root = resolved_folder(folder)};
  if (auto files = find_files(found, variables); !files) return files.error();
  const auto environment = stated_or_variable(hints.environment, variables, "PORTD_ENV");
  if (environment && *environment != "development") found.environment = project_name(*environment);
  found.instance = instance_of(found, hints, variables);
  return found;
}

ProjectSources project_sources(const Surroundings& around, const KeyHints& hints, const Variables& variables) {
  const std::string suffix = "." + around.environment;
  std::string instance = around.instance;
  if (!around.environment.empty() && instance.ends_with(suffix)) instance.resize(instance.size() - suffix.size());
  return {around.project_file.value(), around.environment, std::move(instance), variables, hints.flags};
}

std::string project_name_around(const Surroundings& around, const std::optional<Project>& project) {
  std::string name = project && project->name ? project_name(*project->name) : "";
  if (name.empty() && around.checkout) name = project_name(around.checkout->main_name);
  return name.empty() ? Key().project : name;
}

const ProjectService* DerivedKey::declared() const { return project ? project->find(key.service) : nullptr; }

const ProjectPort* DerivedKey::declared_port() const {
  const ProjectService* service = declared();
  return service == nullptr ? nullptr : service->find_port(key.role);
}

Result<DerivedKey> derive_key(const fs::path& folder, const KeyHints& hints, const Variables& variables) {
  const auto parts = stated_parts(hints);
  if (!parts) return parts.error();
  const auto around = look_around(folder, hints, variables);
  if (!around) return around.error();
  // What the project says of the key is what it says in the key's instance.
  Surroundings meant = *around;
  if (parts->instance) meant.instance = *parts->instance;
  auto project = project_around(meant, hints, variables);
  const bool needs_file = !parts->project || parts->service.empty();
  if (!project && needs_file) return project.error();
  if (!project) project = std::optional<Project>();

  DerivedKey derived{.key = {}, .root = around->root};
  derived.environment = around->environment;
  const std::string project_here = project_name_around(*around, *project);
  if (is_of(*parts, project_here)) derived.project = std::move(*project);
  derived.key.project = parts->project.value_or(project_here);
  auto service = parts->service.empty() ? service_around(*around, derived.project, hints, variables)
                                        : Result<std::string>(parts->service);
  if (!service) return service.error();
  derived.key.service = std::move(*service);

  const ProjectService* declared = derived.declared();
  const bool shared = declared != nullptr && declared->shared;
  derived.key.instance = parts->instance.value_or(shared ? Key().instance : around->key_instance());
  const std::string main_role = declared != nullptr ? declared->main_role() : Key().role;
  auto role = checked_name("role", parts->role.value_or(hints.role.value_or(main_role)));
  if (!role) return role.error();
  derived.key.role = std::move(*role);
  return derived;
}

}  // namespace portd::config
