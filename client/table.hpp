#pragma once

#include <string>
#include <vector>

namespace portd::client {

// Aligned columns for people: a heading, then rows; the last column is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // As many cells as there are headings; they are escaped, an empty one shows as "-".
  void add(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  // `colour`: the heading dim, the words of states and statuses in their colours.
  std::string text(bool colour) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace portd::client
