#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/json.hpp"
#include "config/value.hpp"

namespace portd::config {

// Text in place of what lies in [begin, end).
struct TextEdit {
  Place begin;
  Place end;
  std::string text;

  bool operator==(const TextEdit&) const = default;
};

// What would mend a mistake. The edits lie in the mistake's own source and do not overlap.
struct Fix {
  std::string title;  // "rename it to \"strategy\""
  std::vector<TextEdit> edits;
  bool removes = false;  // what stands there, instead of putting it right
};

// What is wrong, or doubtful, in a setting.
struct Mistake {
  enum class Severity { error, warning };

  std::shared_ptr<const Source> source{};  // absent: built-in
  Place place{};
  int width = 1;  // characters that the caret marks
  std::string key{};
  std::string message{};  // what was expected, and did you mean
  std::optional<Fix> fix{};
  Severity severity = Severity::error;

  std::string where() const { return config::where(source.get(), place); }
};

// "FILE:LINE:COLUMN: error: KEY MESSAGE", then the line itself with carets under what is meant.
std::string describe(const Mistake& mistake);

// {"file", "line", "column", "severity", "key", "message", "fix": {"title", "removes", "edits": [{"line", "column",
// "end_line", "end_column", "text"}]} or null}. `file` is the variable or the flag where there is no file.
Json to_json(const Mistake& mistake);

// Whether there is one that is not only a warning.
bool has_errors(const std::vector<Mistake>& mistakes);

// By file, then by place.
void sort_by_place(std::vector<Mistake>& mistakes);

// Of more mistakes than anybody reads, so many are told; a last one says how many there are beside them.
inline constexpr std::size_t most_told = 100;
void keep_most_told(std::vector<Mistake>& mistakes);

// Whether one more mistake in that source is told without its width and its fix: to find them, the text is walked.
bool is_crowded(const std::vector<Mistake>& mistakes, const Source* source);

}  // namespace portd::config
