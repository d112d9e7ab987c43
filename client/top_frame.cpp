#include "client/top_frame.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "client/colour.hpp"
#include "client/counted.hpp"
#include "client/terminal_text.hpp"

namespace portd::client {
namespace {

constexpr std::size_t lines_above_rows = 3;
constexpr std::size_t gap = 2;
constexpr std::size_t columns_of_row = 8;
using Cells = std::array<std::string, columns_of_row>;

const Cells column_headings{"SERVICE", "INSTANCE", "PORT", "STATE", "STATUS", "LATENCY", "PID", "COMMAND"};

std::string leases_text(const std::vector<Lease>& leases) {
  std::string states;
  for (const LeaseState state : {LeaseState::contested, LeaseState::listening, LeaseState::reserved}) {
    const auto count = std::ranges::count(leases, state, &Lease::state);
    if (count == 0) continue;
    states += (states.empty() ? ": " : ", ") + std::to_string(count) + " " + std::string(to_text(state));
  }
  return counted(leases.size(), "lease") + states;
}

// What is wrong comes first: a narrow screen cuts off the rest.
std::string header_of(const TopSnapshot& snapshot) {
  std::string text = "portd " + snapshot.version + " " + snapshot.health;
  if (snapshot.alerts) text += " | " + counted(*snapshot.alerts, "alert");
  text += " | " + leases_text(snapshot.leases) + " | " + counted(snapshot.services.size(), "service") + " | " +
          std::to_string(snapshot.foreign.size()) + " foreign";
  return escaped(text);
}

std::string latency_text(const TopRow& row) {
  if (!row.latency) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", static_cast<double>(row.latency->count()) / 1000);
  return text.data();
}

Cells cells_of(const TopRow& row) {
  Cells cells{row.service,
              row.instance,
              row.port.text(),
              row.state,
              row.status,
              latency_text(row),
              row.pid ? std::to_string(*row.pid) : "",
              row.command};
  for (std::string& cell : cells) cell = cell.empty() ? "-" : escaped(cell);
  return cells;
}

// The beginning of an escaped text that fits; cut between characters.
std::string cut(const std::string& text, std::size_t columns) {
  if (width_of(text) <= columns) return text;
  std::size_t end = std::min(text.size(), columns * 4);
  while (end > 0 && ((static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U ||
                     width_of(std::string_view(text).substr(0, end)) > columns)) {
    --end;
  }
  return text.substr(0, end);
}

using Widths = std::array<std::size_t, columns_of_row>;

Widths widths_of(const std::vector<Cells>& rows) {
  Widths widths{};
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = width_of(column_headings[i]);
    for (const Cells& row : rows) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  return widths;
}

std::string line_of(const Cells& cells, const Widths& widths, std::size_t room, bool colour) {
  std::string line;
  for (std::size_t i = 0; i < cells.size() && room > 0; ++i) {
    const std::string cell = cut(cells[i], room);
    line += in_colour(cell, colour);
    room -= width_of(cell);
    if (i + 1 == cells.size()) break;
    const std::size_t blanks = std::min(room, widths[i] + gap - width_of(cell));
    line.append(blanks, ' ');
    room -= blanks;
  }
  return line;
}

std::string dim(std::string line, bool colour) { return colour ? "\x1b[2m" + std::move(line) + "\x1b[0m" : line; }

}  // namespace

std::size_t rows_that_fit(const FrameSize& size) {
  return size.lines > lines_above_rows ? size.lines - lines_above_rows : 0;
}

std::vector<std::string> top_frame(const TopSnapshot& snapshot, const TopChoice& choice, const FrameSize& size,
                                   const std::string& hint, bool colour) {
  const auto rows = top_rows(snapshot, choice.order, choice.foreign);
  std::vector<Cells> shown;
  for (std::size_t i = choice.first; i < rows.size() && shown.size() < rows_that_fit(size); ++i) {
    shown.push_back(cells_of(rows[i]));
  }
  const Widths widths = widths_of(shown);
  std::vector<std::string> lines{cut(header_of(snapshot), size.columns)};
  if (!hint.empty()) lines.push_back(dim(cut(escaped(hint), size.columns), colour));
  lines.push_back(dim(line_of(column_headings, widths, size.columns, false), colour));
  for (const Cells& cells : shown) lines.push_back(line_of(cells, widths, size.columns, colour));
  if (lines.size() > size.lines) lines.resize(size.lines);
  return lines;
}

}  // namespace portd::client
