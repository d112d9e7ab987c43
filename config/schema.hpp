#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.hpp"

namespace portd::config {

// config/portd.schema.json as it lies there (JSON Schema, draft 7). Beside the standard's keywords it has
// `x-scope` (daemon or project: which files a section belongs to), `x-expected` (what a message says should stand
// there), `x-format` (duration, size or port-range: what a pattern cannot say; the standard's `format: duration` is
// another one), `x-minimum` and `x-maximum` (of durations and sizes) and `x-restart` (true: a change needs a restart of
// portd).
std::string_view schema_text();

const Json& schema();

// A part of the schema: what one value has to be. A keyword beside "$ref" wins over the same one behind it.
class Subschema {
 public:
  Subschema() = default;
  explicit Subschema(const Json& json);
  static Subschema root() { return Subschema(schema()); }

  // The keyword's value, or nullptr.
  const Json* find(const char* keyword) const;
  std::string text(const char* keyword) const;  // empty when it is absent

  bool known() const { return own_ != nullptr; }
  // Whether a value of that type ("string", "object", ...) may stand there.
  bool allows(std::string_view type) const;
  // The words of an enum.
  std::vector<std::string_view> words() const;
  // The names under "properties".
  std::vector<std::string_view> names() const;

  // What the value under that name has to be; not known() where no such name may be.
  Subschema child(std::string_view name) const;
  Subschema item() const;
  Subschema property_name() const;

 private:
  const Json* own_ = nullptr;
  const Json* target_ = nullptr;  // of its "$ref"
};

// What has to stand at a path of names; not known() where there is no such key.
Subschema subschema_at(const std::vector<std::string>& path);

// "a duration such as \"30s\"", "one of hash, next, random", "true or false".
std::string expected(const Subschema& part);

// The section that the key lies in is of the daemon's files, or of a project's.
enum class Scope { daemon, project };
bool in_scope(std::string_view section, Scope scope);

}  // namespace portd::config
