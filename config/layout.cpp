#include "config/layout.hpp"

#include <algorithm>
#include <array>

#include "config/source_text.hpp"

namespace portd::config {
namespace {

// Asked of every character of a file, so it is no search.
constexpr bool is_whitespace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_collection(const Value& value) { return value.type == Value::Type::list || value.type == Value::Type::map; }

// Follows the text along the tree that was read from it, in one pass. Where they do not agree, `followed_` is false
// from then on, and what was found is worth nothing.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text), at_(line_begin(text, 0)) {}

  std::optional<Extent> follow(const Value& root) {
    pass_document_start();
    Extent extent{.value = &root, .entry = at_, .lead = at_};
    take_value(extent, -1, false);
    if (!is_collection(root)) extent.entry = extent.lead = extent.begin;
    pass_blanks();
    if (root.type == Value::Type::null) expect(at_ == text_.size());
    return followed_ ? std::optional(std::move(extent)) : std::nullopt;
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool is_blank_at(std::size_t at) const { return at >= text_.size() || is_whitespace(text_[at]); }
  void expect(bool agrees) { followed_ = followed_ && agrees; }
  void expect(char c) {
    expect(here() == c);
    at_ = std::min(at_ + 1, text_.size());
  }

  // Whitespace, line breaks and comments.
  void pass_blanks() {
    while (at_ < text_.size() && (is_blank_at(at_) || here() == '#')) {
      at_ = here() == '#' ? line_end(text_, at_) : at_ + 1;
    }
  }

  // Directives and "---".
  void pass_document_start() {
    pass_blanks();
    while (here() == '%') {
      at_ = next_line(text_, at_);
      pass_blanks();
    }
    if (text_.substr(at_).starts_with("---") && is_blank_at(at_ + 3)) at_ += 3;
  }

  // `column` is that of the innermost block map or list, from 0; -1: there is none.
  void take_value(Extent& extent, int column, bool in_flow) {
    if (!followed_) return;
    const Value& value = *extent.value;
    if (value.type == Value::Type::null) return take_null(extent, in_flow);
    pass_blanks();
    extent.begin = at_;
    if (value.type == Value::Type::scalar) {
      take_scalar(value, column);
    } else if (value.flow) {
      take_flow(extent);
    } else {
      take_block(extent);
    }
    extent.end = at_;
  }

  void take_null(Extent& extent, bool in_flow) {
    const std::size_t back = at_;
    pass_blanks();
    const std::size_t width = width_of_null(in_flow);
    if (width == 0) at_ = back;
    extent.begin = at_;
    extent.end = at_ += width;
  }

  std::size_t width_of_null(bool in_flow) const {
    constexpr std::array<std::string_view, 4> nulls{"~", "null", "Null", "NULL"};
    for (const std::string_view null : nulls) {
      if (!text_.substr(at_).starts_with(null)) continue;
      const std::size_t after = at_ + null.size();
      if (is_blank_at(after) || (in_flow && std::string_view(",]}").find(text_[after]) != std::string_view::npos))
        return null.size();
    }
    return 0;
  }

  void take_scalar(const Value& scalar, int column) {
    if (!scalar.quoted) return take_plain(scalar.text);
    if (here() == '"' || here() == '\'') {
      at_ = after_quoted(text_, at_);
    } else {
      take_block_scalar(column);
    }
  }

  // Line breaks within a plain scalar were folded: only the other characters stand there as they are.
  void take_plain(std::string_view text) {
    for (const char c : text) {
      if (is_whitespace(c)) continue;
      while (at_ < text_.size() && is_blank_at(at_)) ++at_;
      expect(c);
    }
  }

  // YAML 1.2.2, section 8.1. Its text ends with the last line that is indented as deep as the first.
  void take_block_scalar(int column) {
    expect(here() == '|' || here() == '>');
    int indent = std::max(column, 0) + 1;
    bool found = false;
    const std::size_t header_end = line_end(text_, at_);
    for (++at_; at_ < header_end && !is_blank_at(at_); ++at_) {
      expect(here() != '+');
      if (here() < '1' || here() > '9') continue;
      indent = std::max(column, 0) + (here() - '0');
      found = true;
    }
    at_ = header_end;
    for (std::size_t line = next_line(text_, at_); line < text_.size(); line = next_line(text_, line)) {
      const std::size_t first = text_.find_first_not_of(found ? " " : " \t", line);
      if (first >= line_end(text_, line)) continue;
      const int depth = columns_before(text_, first);
      if (!found) indent = std::max(indent, depth);
      found = true;
      if (depth < indent) return;
      at_ = line_end(text_, line);
    }
  }

  void take_flow(Extent& extent) {
    const bool is_map = extent.value->type == Value::Type::map;
    expect(is_map ? '{' : '[');
    for (const Value& child : extent.value->children) {
      pass_blanks();
      Extent& entry = extent.children.emplace_back(Extent{.value = &child, .entry = at_, .lead = at_});
      if (is_map) take_flow_name(entry);
      take_value(entry, -1, true);
      if (!is_map) entry.entry = entry.lead = entry.begin;
      pass_to_comma();
    }
    pass_blanks();
    extent.last = at_;
    expect(is_map ? '}' : ']');
  }

  void pass_to_comma() {
    pass_blanks();
    if (here() == ',') ++at_;
  }

  void take_name(const std::string& name) {
    if (here() == '"' || here() == '\'') {
      at_ = after_quoted(text_, at_);
    } else {
      take_plain(name);
    }
  }

  // The colon may be absent: {a, b}.
  void take_flow_name(Extent& entry) {
    take_name(entry.value->name);
    entry.lead = at_;
    pass_blanks();
    if (here() == ':') {
      entry.lead = ++at_;
    } else {
      expect(entry.value->type == Value::Type::null);
      at_ = entry.lead;
    }
  }

  void take_block(Extent& extent) {
    const bool is_map = extent.value->type == Value::Type::map;
    const int column = columns_before(text_, at_);
    for (const Value& child : extent.value->children) {
      pass_blanks();
      Extent& entry = extent.children.emplace_back(Extent{.value = &child, .entry = at_});
      if (is_map) take_block_name(child.name);
      expect(is_map ? ':' : '-');
      entry.lead = at_;
      take_value(entry, column, false);
      at_ = entry.end;
    }
  }

  void take_block_name(const std::string& name) {
    take_name(name);
    while (here() == ' ' || here() == '\t') ++at_;
  }

  std::string_view text_;
  std::size_t at_;
  bool followed_ = true;
};

}  // namespace

const Extent* Extent::find(std::string_view child) const {
  const auto found =
      std::ranges::find(children, child, [](const Extent& each) -> std::string_view { return each.value->name; });
  return found == children.end() ? nullptr : &*found;
}

std::optional<Extent> layout_of(std::string_view content, const Value& root) { return Walk(content).follow(root); }

bool is_block_scalar(std::string_view content, const Extent& extent) {
  return extent.is_written() && extent.value->quoted && (content[extent.begin] == '|' || content[extent.begin] == '>');
}

bool is_block_collection(const Extent& extent) { return is_collection(*extent.value) && !extent.value->flow; }

int columns_before(std::string_view content, std::size_t offset) {
  const std::size_t begin = line_begin(content, offset);
  const std::string_view before = content.substr(begin, offset - begin);
  const auto tabs = static_cast<int>(std::ranges::count(before, '\t'));
  return place_at(before, before.size()).column - 1 + tabs;
}

}  // namespace portd::config
