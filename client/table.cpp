#include "client/table.hpp"

#include <algorithm>
#include <utility>

#include "client/colour.hpp"
#include "client/terminal_text.hpp"

namespace portd::client {
namespace {

void append_row(std::string& out, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                bool colour) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out.append(in_colour(cells[i], colour));
    if (i + 1 < cells.size()) out.append(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  out.append("\n");
}

}  // namespace

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = cell.empty() ? "-" : escaped(cell);
  cells.resize(headings_.size(), "-");
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool colour) const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(width_of(heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out = colour ? "\x1b[2m" : "";
  append_row(out, headings_, widths, false);
  if (colour) out.insert(out.size() - 1, "\x1b[0m");
  for (const auto& row : rows_) append_row(out, row, widths, colour);
  return out;
}

}  // namespace portd::client
