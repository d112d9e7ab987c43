#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/key.hpp"
#include "config/git_checkout.hpp"
#include "config/project.hpp"

namespace portd::config {

// What was stated beside the folder.
struct KeyHints {
  std::optional<std::string> key;          // text form from the command line: parts that it states win
  std::optional<std::string> service;      // --service
  std::optional<std::string> instance;     // --instance
  std::optional<std::string> role;         // --role
  std::optional<std::string> environment;  // --env
  std::vector<FlagSetting> flags{};        // --set
};

// What lies around a folder, up to the git root or $HOME, whichever comes first; and which environment and instance
// of it are meant.
struct Surroundings {
  std::filesystem::path folder;
  std::filesystem::path root;  // where portd.yaml or the git root lies, else the folder itself
  std::optional<std::filesystem::path> project_file{};
  std::optional<GitCheckout> checkout{};
  std::string environment{};  // empty: development
  std::string instance{};     // without the environment

  // The instance as keys have it: an environment other than development is appended.
  std::string key_instance() const;
};

// `variables`: PORTD_INSTANCE, PORTD_ENV, HOME. Error: invalid_value, where portd.yaml and portd.json are both there.
Result<Surroundings> look_around(const std::filesystem::path& folder, const KeyHints& hints,
                                 const Variables& variables);

// Where the project is read from; there has to be a file.
ProjectSources project_sources(const Surroundings& around, const KeyHints& hints, const Variables& variables);

// The project's name: as its file states it, else that of the main checkout's folder, else `default`.
std::string project_name_around(const Surroundings& around, const std::optional<Project>& project);

// A key, the folder that it belongs to, and what the project file says of it.
struct DerivedKey {
  Key key;
  std::filesystem::path root;
  std::optional<Project> project{};
  std::string environment{};  // empty: development

  // What the project file declares of the key's service and of its port, or nullptr.
  const ProjectService* declared() const;
  const ProjectPort* declared_port() const;
};

// "Where a key comes from" of section 1 of the design. Reads files only; runs no program. tests/config/keys.json
// holds the cases that this and the Python package agree on. `variables`: PORTD_SERVICE, PORTD_INSTANCE, PORTD_ENV,
// HOME. A service that the project file shares between its instances is in `main`, whatever the folder says.
// Errors: invalid_value naming the file or the part.
Result<DerivedKey> derive_key(const std::filesystem::path& folder, const KeyHints& hints, const Variables& variables);

}  // namespace portd::config
