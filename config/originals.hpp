#pragma once

#include <map>
#include <string>

#include "config/value.hpp"

namespace portd::config {

// The trees of the files that were merged. A merged value is a copy; what mends it has to be found in its own file.
class Originals {
 public:
  void add(const Value& root);

  // The file's tree and the value in it, of which a merged value is a copy; both nullptr where it is of no file.
  struct Place {
    const Value* root = nullptr;
    const Value* value = nullptr;
  };
  Place of(const Value& merged) const;

 private:
  std::map<std::string, Value> roots_;  // by the name of the source
};

}  // namespace portd::config
