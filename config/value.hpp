#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/vocabulary.hpp"

namespace portd::config {

// The layers of section 6 of the design, weakest first.
enum class Layer { built_in, system, user, project, environment, instance, variable, flag };

// A place in a text, counted from 1; a column is a character, not a byte. 0: the text as a whole.
struct Place {
  int line = 0;
  int column = 0;

  auto operator<=>(const Place&) const = default;
};

// What a value was read from. `name` is the path of a file, the name of a variable, or a flag.
struct Source {
  std::string name;
  std::string content;
};

// One value of a document, or of the merged layers, with its name when it lies in a map.
struct Value {
  enum class Type { null, scalar, list, map };

  std::string name{};
  Place name_place{};
  Type type = Type::null;
  std::string text{};             // of a scalar
  bool quoted = false;            // a scalar in quotes or in block style: text, whatever it looks like
  bool flow = false;              // a list in [], a map in {}
  Place place{};                  // of the first character, quotes and brackets included
  std::vector<Value> children{};  // of a list or a map, in the order of the file
  Layer layer = Layer::built_in;
  // Shared: the merged layers consist of values of several texts, which live as long as the last of them.
  std::shared_ptr<const Source> source{};

  // The child of that name, or nullptr.
  const Value* find(std::string_view child) const;
  Value* find(std::string_view child);
  // "FILE:LINE:COLUMN", or the name of the variable or flag.
  std::string where() const;
};

// "NAME:LINE:COLUMN", without what is 0.
std::string where(const Source* source, Place place);

}  // namespace portd::config

template <>
struct portd::Words<portd::config::Layer> {
  using Layer = portd::config::Layer;
  static constexpr std::array<std::pair<Layer, std::string_view>, 8> table{{{Layer::built_in, "built-in"},
                                                                            {Layer::system, "system"},
                                                                            {Layer::user, "user"},
                                                                            {Layer::project, "project"},
                                                                            {Layer::environment, "environment"},
                                                                            {Layer::instance, "instance"},
                                                                            {Layer::variable, "variable"},
                                                                            {Layer::flag, "flag"}}};
};
