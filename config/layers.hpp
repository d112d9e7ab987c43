#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/key_path.hpp"
#include "config/schema.hpp"

namespace portd::config {

using Variables = std::map<std::string, std::string>;

// Nothing for one that is empty, too.
std::optional<std::string> stated_variable(const Variables& variables, const std::string& name);

// A setting from the command line, "ports.strategy=next", and the flag it came with.
struct FlagSetting {
  std::string text;
  std::string flag = "--set";
};

// Lays a stronger layer over the weaker ones: maps merge, scalars and lists replace, null takes back what is there. The
// nulls stay until the last layer is laid, for an overlay within a file may hold them: then drop_nulls.
void merge(Value& base, Value layer);
void drop_nulls(Value& merged);

// Reads a file as YAML, or as JSON when its name ends so. A file that cannot be read is a mistake in the document;
// one that does not exist, only when it is required.
Document read_document(const std::filesystem::path& path, Layer layer, bool required);

// The layer of PORTD_CFG_PORTS__STRATEGY and its like, and that of --set: a tree with one key each. Keys of the other
// scope are left out. A value is read as the schema has it there: a list as "a, b" or "[a, b]".
Value variable_layer(const Variables& variables, Scope scope);
Value flag_layer(const std::vector<FlagSetting>& settings, Scope scope, std::vector<Mistake>& mistakes);

// What the schema says without any file: the defaults of the scope's sections.
Value built_in_layer(Scope scope);

}  // namespace portd::config
