#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "client/outcome.hpp"
#include "common/paths.hpp"
#include "config/project.hpp"

namespace portd::client {

// Which project files may run their commands. A cloned repository's files are data only until its user says that they
// are trusted; any edit of the file or of one that it extends takes that back. Kept in the state folder as
// trusted.json: {"trusted": {PATH: SHA-256 of the paths and contents}}, 0600.
class Trust {
 public:
  explicit Trust(const Paths& paths);

  // Failure: configuration, where trusted.json cannot be read.
  Outcome<bool> covers(const config::Project& project) const;
  Outcome<void> give(const config::Project& project);
  // False: it was not trusted.
  Outcome<bool> take(const std::filesystem::path& file);

  // The files that were ever trusted and not taken back.
  Outcome<std::vector<std::string>> files() const;

 private:
  Outcome<Json> read() const;
  Outcome<void> write(const Json& trusted) const;

  std::filesystem::path file_;
};

}  // namespace portd::client
