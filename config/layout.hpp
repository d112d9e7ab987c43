#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/value.hpp"

namespace portd::config {

// Where a value stands in its text, in bytes.
struct Extent {
  const Value* value = nullptr;
  std::size_t entry = 0;  // its name, or its dash in a block list; else the same as begin
  std::size_t lead = 0;   // after its colon or its dash, or after a name without a colon; else the same as begin
  std::size_t begin = 0;
  std::size_t end = 0;   // the same as begin: a null that is not written
  std::size_t last = 0;  // of a flow list or map: its closing bracket
  std::vector<Extent> children{};

  bool is_written() const { return begin < end; }
  const Extent* find(std::string_view child) const;
};

// The extents of a tree that was read from that text; nullopt where the text has forms that are not followed: keys
// with `?`, tags, block scalars that keep their blank lines (`|+`), maps in [] without {}.
std::optional<Extent> layout_of(std::string_view content, const Value& root);

bool is_block_scalar(std::string_view content, const Extent& extent);
bool is_block_collection(const Extent& extent);

// The columns before a byte on its line; a tab counts as two, as the reader takes it.
int columns_before(std::string_view content, std::size_t offset);

}  // namespace portd::config
