#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "client/configuration.hpp"
#include "common/file.hpp"
#include "config/edit.hpp"
#include "config/schema.hpp"

namespace portd::client {

// A file of the configuration that a verb changes: the user's, or a project's.
struct ConfigFile {
  std::filesystem::path path;
  config::Scope scope = config::Scope::daemon;
  std::string content{};  // empty where there is no file yet
};

// The file that a key belongs in: settings of portd in the user's, those of a project in the project's. `stated`:
// --file. Failure: usage for a key of neither, not_found without a project, configuration for what cannot be read.
Outcome<ConfigFile> file_for(const config::KeyPath& path, const std::string& stated, const ConfigOptions& options,
                             const Environment& environment);
Outcome<ConfigFile> read_config_file(const std::filesystem::path& path, config::Scope scope);

// Parsed as what its name says it is.
config::Document parse(const ConfigFile& file);

// What would be wrong if the file had this content: with all layers around it.
std::vector<config::Mistake> check(const ConfigFile& file, const std::string& content, const ConfigOptions& options,
                                   const Environment& environment);

// Writes a file of that scope. The user's own may be a symbolic link (of his dotfiles), a project's may not: a cloned
// repository could lead it anywhere. Failures: not_allowed; no, where it cannot be written.
Outcome<void> write_config_file(const std::filesystem::path& path, config::Scope scope, const std::string& content,
                                Previous previous = Previous::kept);

// Held by whoever reads a file, changes it and writes it, so that no other portc does so meanwhile.
FileLock lock_configuration(const Environment& environment);

// Puts the content in place of the file's: whole or not at all, even when this process is killed; what was there
// before is kept beside it with a "~". Then the running portd reads it, and what needs a restart is said. Nothing is
// written where the content has errors, which are printed. Failure: conflict when the file is another by now.
Outcome<Exit> replace_content(Session& session, const ConfigFile& file, const std::string& content,
                              const ConfigOptions& options);

}  // namespace portd::client
