#include "config/originals.hpp"

namespace portd::config {
namespace {

// A map begins where its first name does, so that only place and type together tell a value.
const Value* find_same(const Value& tree, const Value& wanted) {
  if (tree.place == wanted.place && tree.type == wanted.type) return &tree;
  for (const Value& child : tree.children) {
    if (const Value* found = find_same(child, wanted)) return found;
  }
  return nullptr;
}

}  // namespace

void Originals::add(const Value& root) {
  if (root.source != nullptr) roots_.insert_or_assign(root.source->name, root);
}

Originals::Place Originals::of(const Value& merged) const {
  if (merged.source == nullptr || merged.place.line == 0) return {};
  const auto root = roots_.find(merged.source->name);
  if (root == roots_.end()) return {};
  const Value* value = find_same(root->second, merged);
  return value == nullptr ? Place{} : Place{&root->second, value};
}

}  // namespace portd::config
