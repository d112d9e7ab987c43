#include "config/value.hpp"

#include <algorithm>

namespace portd::config {

const Value* Value::find(std::string_view child) const {
  const auto found = std::ranges::find(children, child, &Value::name);
  return found == children.end() ? nullptr : &*found;
}

Value* Value::find(std::string_view child) {
  const auto found = std::ranges::find(children, child, &Value::name);
  return found == children.end() ? nullptr : &*found;
}

std::string Value::where() const { return config::where(source.get(), place); }

std::string where(const Source* source, Place place) {
  if (source == nullptr) return "built-in";
  if (place.line == 0) return source->name;
  return source->name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace portd::config
