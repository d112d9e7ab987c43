#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "common/key.hpp"

namespace portd::config {

// What was stated beside the folder.
struct KeyHints {
  std::optional<std::string> key;          // text form from the command line: parts that it states win
  std::optional<std::string> service;      // --service
  std::optional<std::string> instance;     // --instance
  std::optional<std::string> role;         // --role
  std::optional<std::string> environment;  // --env
};

// A key and the folder that it belongs to (where portd.yaml or the git root lies, else the folder itself).
struct DerivedKey {
  Key key;
  std::filesystem::path root;
};

// "Where a key comes from" of section 1 of the design. Reads files only; runs no program. tests/config/keys.json
// holds the cases that this and the Python package agree on. `variables`: PORTD_SERVICE, PORTD_INSTANCE, PORTD_ENV,
// HOME. Errors: invalid_value naming the file or the part.
Result<DerivedKey> derive_key(const std::filesystem::path& folder, const KeyHints& hints,
                              const std::map<std::string, std::string>& variables);

}  // namespace portd::config
