#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "config/mistake.hpp"

namespace portd::config {

// A place in a file, counted from 1; 0: the file as a whole.
struct Place {
  int line = 0;
  int column = 0;
};

// One value of a document, with its name when it lies in a map.
struct DocumentNode {
  enum class Type { null, scalar, list, map };

  std::string name{};
  Place name_place{};
  Type type = Type::null;
  std::string text{};  // of a scalar
  Place place{};
  std::vector<DocumentNode> children{};  // of a list or a map, in the order of the file

  // The child of that name, or nullptr.
  const DocumentNode* find(std::string_view child) const;
};

// A parsed file. The root is null when the file could not be read to its end.
struct Document {
  std::string file;
  DocumentNode root{};
  std::vector<Mistake> mistakes{};

  // "FILE:LINE:COLUMN".
  std::string where(Place place) const;
};

inline constexpr std::size_t largest_document = 262'144;  // bytes
inline constexpr std::size_t most_nodes = 10'000;
inline constexpr std::size_t deepest_nesting = 32;

// Reads one YAML document, of which JSON is a part. Anchors, aliases, a second document and anything over the limits
// are mistakes, found while parsing: nothing is expanded and nothing recurses on input that is too deep.
Document read_yaml(std::string file, const std::string& content);

}  // namespace portd::config
