#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "client/top_rows.hpp"

namespace portd::client {

// What the person has chosen to see.
struct TopChoice {
  TopOrder order = TopOrder::name;
  bool foreign = false;
  std::size_t first = 0;  // how many rows are scrolled past
};

// How much there is room for, in cells.
struct FrameSize {
  std::size_t columns = std::numeric_limits<std::size_t>::max();
  std::size_t lines = std::numeric_limits<std::size_t>::max();
};

// How many rows of the table fit.
std::size_t rows_that_fit(const FrameSize& size);

// The lines of a frame, escaped, none wider than the size: a header, `hint` (the keys, or what is wrong), headings,
// then rows as many as fit.
std::vector<std::string> top_frame(const TopSnapshot& snapshot, const TopChoice& choice, const FrameSize& size,
                                   const std::string& hint, bool colour);

}  // namespace portd::client
