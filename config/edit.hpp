#pragma once

#include <string>
#include <vector>

#include "common/error.hpp"
#include "config/document.hpp"
#include "config/yaml_scalar.hpp"

namespace portd::config {

// Changes of a file by its text, so that comments, order and style stay as they are.

// The edit that takes a value away, with its name or its dash. In block style its lines go, and with a map, a list or
// nothing as the value, the comments below that are indented deeper than its name; comments above it, and those of the
// next sibling, stay. In flow style one comma goes with it. A map or list that would be left empty in block style is
// left as it is written: `ports:` (null).
// `value` lies somewhere under `root`. An edit with begin == end changes nothing: `value` is the root itself, or the
// text has forms that are not followed (see layout.hpp); such a file is edited by hand.
TextEdit removal_of(const Value& root, const Value& value);

// The edit that gives the key (a path of names) the value, which is written as YAML flow: "next", "[1, 2]"; for a JSON
// file, as JSON. A value that is there is replaced, with the comments inside it; what is not is added at the end of the
// innermost map that is, in that map's style. The edited text has been read again: it is the old tree with that change.
// Error: invalid_value, when something on the way is no map, or the edit has to be made by hand.
Result<TextEdit> setting_of(const Document& document, const std::vector<std::string>& path, const std::string& flow);

}  // namespace portd::config
