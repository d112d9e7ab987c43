#include "config/mistake.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "config/source_text.hpp"

namespace portd::config {
namespace {

constexpr std::size_t widest_line = 160;  // characters of a line that are shown

// Control characters would move a terminal's cursor, or worse.
char visible(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c; }

std::string printable(std::string text) {
  std::ranges::transform(text, text.begin(), visible);
  return text;
}

// The line and the carets, or nothing where there is no line.
std::string excerpt(const Mistake& mistake) {
  if (!mistake.source || mistake.place.line == 0) return "";
  const std::string_view line = line_of(mistake.source->content, mistake.place.line);
  const auto column = static_cast<std::size_t>(std::max(mistake.place.column, 1));
  if (line.empty() || column > widest_line) return "";
  const std::string_view cut = line.substr(0, offset_of(line, {1, static_cast<int>(widest_line) + 1}));
  const std::string number = std::to_string(mistake.place.line);
  const std::size_t width = std::min(static_cast<std::size_t>(std::max(mistake.width, 1)), widest_line - column + 1);
  std::string text = "\n  " + number + " | ";
  std::ranges::transform(cut, std::back_inserter(text), visible);
  return text + "\n  " + std::string(number.size(), ' ') + " | " + std::string(column - 1, ' ') +
         std::string(width, '^');
}

Json to_json(const TextEdit& edit) {
  return {{"line", edit.begin.line},
          {"column", edit.begin.column},
          {"end_line", edit.end.line},
          {"end_column", edit.end.column},
          {"text", edit.text}};
}

Json to_json(const Fix& fix) {
  Json edits = Json::array();
  for (const TextEdit& edit : fix.edits) edits.push_back(to_json(edit));
  return {{"title", fix.title}, {"removes", fix.removes}, {"edits", std::move(edits)}};
}

std::string_view severity_text(const Mistake& mistake) {
  return mistake.severity == Mistake::Severity::error ? "error" : "warning";
}

}  // namespace

std::string describe(const Mistake& mistake) {
  std::string text = mistake.where() + ": " + std::string(severity_text(mistake)) + ": ";
  if (!mistake.key.empty()) text += mistake.key + " ";
  text = printable(text + mistake.message) + excerpt(mistake);
  if (mistake.fix) text += "\n  fix: " + printable(mistake.fix->title);
  return text;
}

Json to_json(const Mistake& mistake) {
  return {{"file", mistake.source ? mistake.source->name : ""},
          {"line", mistake.place.line},
          {"column", mistake.place.column},
          {"severity", severity_text(mistake)},
          {"key", mistake.key},
          {"message", mistake.message},
          {"fix", mistake.fix ? to_json(*mistake.fix) : Json()}};
}

bool has_errors(const std::vector<Mistake>& mistakes) {
  return std::ranges::any_of(mistakes, [](const Mistake& each) { return each.severity == Mistake::Severity::error; });
}

void sort_by_place(std::vector<Mistake>& mistakes) {
  // A map keeps the order of those at one place; Clang takes libstdc++'s stable_sort for deprecated.
  std::multimap<std::pair<std::string_view, Place>, Mistake> sorted;
  for (Mistake& each : mistakes) {
    const std::pair place(each.source ? std::string_view(each.source->name) : std::string_view(), each.place);
    sorted.emplace(place, std::move(each));
  }
  mistakes.clear();
  for (auto& [place, mistake] : sorted) mistakes.push_back(std::move(mistake));
}

bool is_crowded(const std::vector<Mistake>& mistakes, const Source* source) {
  constexpr std::size_t most_walked = 4'000'000;  // bytes, in all: 100 mistakes in a file of 40 KB
  const std::size_t size = source == nullptr ? 0 : source->content.size();
  return mistakes.size() >= most_told || mistakes.size() * size > most_walked;
}

void keep_most_told(std::vector<Mistake>& mistakes) {
  if (mistakes.size() <= most_told) return;
  // Errors before warnings: with warnings alone everything would look usable.
  std::vector<Mistake> told;
  for (const auto severity : {Mistake::Severity::error, Mistake::Severity::warning}) {
    for (const Mistake& each : mistakes) {
      if (each.severity == severity && told.size() < most_told) told.push_back(each);
    }
  }
  sort_by_place(told);
  told.push_back({.source = told.back().source,
                  .message = "and " + std::to_string(mistakes.size() - most_told) + " more",
                  .severity = has_errors(mistakes) ? Mistake::Severity::error : Mistake::Severity::warning});
  mistakes = std::move(told);
}

}  // namespace portd::config
