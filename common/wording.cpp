#include "common/wording.hpp"

#include <algorithm>
#include <array>

namespace portd {
namespace {

constexpr std::size_t longest_word = 64;
constexpr std::size_t longest_candidate = longest_word + longest_word / 3 + 1;

// Letters added, left out, replaced, or swapped with their neighbour (optimal string alignment); as they are. Words
// that are not nearer than `enough` are `enough` apart: only the diagonal that can tell is looked at, so a file full of
// wrong words costs little.
std::size_t distance(std::string_view a, std::string_view b, std::size_t enough) {
  using Row = std::array<std::size_t, longest_candidate + 2>;
  std::array<Row, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0].at(j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const Row& two_above = rows.at((i + 1) % 3);
    const Row& above = rows.at((i - 1) % 3);
    Row& row = rows.at(i % 3);
    const std::size_t first = i < enough ? 1 : i - enough + 1;
    const std::size_t last = std::min(b.size(), i + enough - 1);
    row.at(first - 1) = first == 1 ? i : enough;
    std::size_t least = row.at(first - 1);
    for (std::size_t j = first; j <= last; ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    row.at(last + 1) = enough;
    if (least >= enough) return enough;
  }
  return std::min(rows.at(a.size() % 3).at(b.size()), enough);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, longest)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out + (text.size() > longest ? "...\"" : "\"");
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.empty() || word.size() > longest_word) return "";
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size()),
                      shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= least) continue;
    const std::size_t away = distance(word, candidate, least);
    if (away >= least) continue;
    least = away;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view best = nearest(word, known);
  return best.empty() ? "" : "; did you mean " + in_quotes(best) + "?";
}

}  // namespace portd
