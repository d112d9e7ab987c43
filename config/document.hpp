#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/mistake.hpp"
#include "config/value.hpp"

namespace portd::config {

// A parsed file. The root is null when the file could not be read to its end.
struct Document {
  std::shared_ptr<const Source> source;
  Value root{};
  std::vector<Mistake> mistakes{};
};

inline constexpr std::size_t largest_document = 262'144;  // bytes
inline constexpr std::size_t most_values = 10'000;
inline constexpr std::size_t deepest_nesting = 32;

// Reads one YAML document, of which JSON is a part. Anchors, aliases, a second document, tabs as indentation and
// anything over the limits are mistakes, found while parsing: nothing is expanded and nothing recurses on input that
// is too deep. Every value gets the layer.
Document read_yaml(std::string name, std::string content, Layer layer = Layer::project);

// The same of strict JSON (RFC 8259).
Document read_json(std::string name, std::string content, Layer layer = Layer::project);

// Either, as the file's name says.
Document read_text(const std::filesystem::path& file, std::string content, Layer layer = Layer::project);

}  // namespace portd::config
