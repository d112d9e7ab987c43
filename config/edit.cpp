#include "config/edit.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>
#include <string_view>

#include "config/layout.hpp"
#include "config/source_text.hpp"

namespace portd::config {
namespace {

constexpr std::string_view blanks = " \t";

using Path = std::span<const std::string>;

std::size_t after_any(std::string_view content, std::size_t offset, std::string_view set) {
  return std::min(content.find_first_not_of(set, offset), content.size());
}

// The end of what stands before it, apart from such characters.
std::size_t before_any(std::string_view content, std::size_t offset, std::string_view set) {
  const std::size_t last = content.substr(0, offset).find_last_not_of(set);
  return last == std::string_view::npos ? 0 : last + 1;
}

bool starts_line(std::string_view content, std::size_t offset) {
  return after_any(content, line_begin(content, offset), blanks) == offset;
}

// Whether the rest of the line is nothing but a comment.
bool ends_line(std::string_view content, std::size_t offset) {
  const std::size_t next = after_any(content, offset, blanks);
  return next >= line_end(content, offset) || content[next] == '#';
}

std::string_view between(std::string_view content, std::size_t begin, std::size_t end) {
  return begin < end ? content.substr(begin, end - begin) : std::string_view();
}

bool has_comment(std::string_view blank_text) { return blank_text.find('#') != std::string_view::npos; }

// An edit in bytes.
struct Cut {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text{};
};

TextEdit edit_of(std::string_view content, Cut cut) {
  return {place_at(content, cut.begin), place_at(content, cut.end), std::move(cut.text)};
}

// The end of the comment lines below that are indented by more than so many columns; else the offset itself.
std::size_t after_deeper_comments(std::string_view content, std::size_t offset, int column) {
  std::size_t end = offset;
  for (std::size_t line = next_line(content, offset); line < content.size(); line = next_line(content, line)) {
    const std::size_t first = after_any(content, line, blanks);
    if (first >= line_end(content, line)) continue;
    if (content[first] != '#' || columns_before(content, first) <= column) break;
    end = line_end(content, line);
  }
  return end;
}

// --- Removal ---------------------------------------------------------------------------------------------------------

bool ends_in_block_scalar(std::string_view content, const Extent& extent) {
  const Extent* last = &extent;
  while (!last->children.empty()) last = &last->children.back();
  return is_block_scalar(content, *last);
}

// The end of its last line. What was said about its children goes too, and so does what a block scalar before it
// would take for its own text.
std::size_t end_of_lines(std::string_view content, const Extent& parent, std::size_t index) {
  const Extent& gone = parent.children[index];
  const std::size_t end = line_end(content, gone.end);
  const bool may_have_children = is_block_collection(gone) || !gone.is_written();
  const bool is_exposed = index > 0 && ends_in_block_scalar(content, parent.children[index - 1]);
  if (!may_have_children && !is_exposed) return end;
  return after_deeper_comments(content, end, columns_before(content, gone.entry));
}

// Where the text goes on below a line. Blanks that end a file without a line break are passed too: yaml-cpp would take
// them for text of a folded scalar before them.
std::size_t begin_below(std::string_view content, std::size_t offset) {
  const std::size_t next = next_line(content, offset);
  return after_any(content, next, blanks) == content.size() ? content.size() : next;
}

std::optional<Cut> block_removal(std::string_view content, const Extent& parent, std::size_t index) {
  const Extent& gone = parent.children[index];
  if (!ends_line(content, gone.end)) return std::nullopt;
  const std::size_t end = end_of_lines(content, parent, index);
  if (starts_line(content, gone.entry)) return Cut{line_begin(content, gone.entry), begin_below(content, end)};
  // It stands behind the dash of a list: the next one, or the comment above that, takes its place.
  const bool has_next = index + 1 < parent.children.size();
  if (has_next) return Cut{gone.entry, after_any(content, end, whitespace)};
  return Cut{before_any(content, gone.entry, blanks), end};
}

// The comma between two entries, or the one that may follow the last; npos: there is none.
std::size_t comma_after(std::string_view content, const Extent& entry) {
  std::size_t at = after_any(content, entry.end, whitespace);
  while (at < content.size() && content[at] == '#') at = after_any(content, line_end(content, at), whitespace);
  return at < content.size() && content[at] == ',' ? at : std::string_view::npos;
}

// One that a comma follows goes with that comma and the comment behind it.
Cut removal_with_comma(std::string_view content, const Extent& gone, std::size_t comma) {
  if (!ends_line(content, comma + 1)) return {gone.entry, after_any(content, comma + 1, blanks)};
  const std::size_t end = line_end(content, comma);
  if (starts_line(content, gone.entry)) return {line_begin(content, gone.entry), next_line(content, end)};
  const std::size_t next = after_any(content, end, whitespace);
  if (next < content.size() && content[next] != '#') return {gone.entry, next};
  return {before_any(content, gone.entry, blanks), end};
}

// Whether only the comma behind it makes it an entry for yaml-cpp: a name without a colon, or nothing at all.
bool needs_comma(std::string_view content, const Extent& entry) {
  return entry.value->type == Value::Type::null && !entry.is_written() && content[entry.lead - 1] != ':';
}

// The last one goes with the comma before it. The comments in between are not its own: they stay.
Cut removal_of_last(std::string_view content, const Extent& before, const Extent& gone) {
  const std::size_t comma = comma_after(content, before);
  std::string_view kept = between(content, comma + 1, before_any(content, gone.entry, whitespace));
  const std::size_t end = ends_line(content, gone.end) ? line_end(content, gone.end) : gone.end;
  const std::size_t begin = needs_comma(content, before) ? comma + 1 : comma;
  if (!has_comment(kept)) return {begin, end};
  return {begin, end, std::string(kept) + (end == line_end(content, end) ? "" : "\n")};
}

Cut removal_of_only(std::string_view content, const Extent& parent, std::size_t end) {
  const Extent& gone = parent.children.front();
  const auto before = between(content, parent.begin + 1, gone.entry);
  const auto after = between(content, end, parent.last);
  if (!has_comment(before) && !has_comment(after)) return {parent.begin + 1, parent.last};
  if (starts_line(content, gone.entry) && ends_line(content, end)) {
    return {line_begin(content, gone.entry), next_line(content, end)};
  }
  return {gone.entry, end};
}

Cut flow_removal(std::string_view content, const Extent& parent, std::size_t index) {
  const Extent& gone = parent.children[index];
  const std::size_t comma = comma_after(content, gone);
  const bool has_comma = comma != std::string_view::npos;
  if (parent.children.size() == 1) return removal_of_only(content, parent, has_comma ? comma + 1 : gone.end);
  if (has_comma) return removal_with_comma(content, gone, comma);
  return removal_of_last(content, parent.children[index - 1], gone);
}

// The parent of a value and its place among the children.
struct Position {
  const Extent* parent;
  std::size_t index;
};

std::optional<Position> position_of(const Extent& parent, const Value& value) {
  for (std::size_t i = 0; i < parent.children.size(); ++i) {
    if (parent.children[i].value == &value) return Position{&parent, i};
    if (const auto found = position_of(parent.children[i], value)) return found;
  }
  return std::nullopt;
}

std::optional<Cut> removal_in(std::string_view content, const Extent& parent, std::size_t index) {
  if (is_block_collection(parent)) return block_removal(content, parent, index);
  return flow_removal(content, parent, index);
}

// --- Setting ---------------------------------------------------------------------------------------------------------

Error by_hand(const Document& document) {
  return {Problem::invalid_value, "cannot change " + document.source->name + " safely; edit it by hand"};
}

// Whether names go in double quotes.
bool is_json(const Document& document, const Extent& root) {
  const bool is_named_so = document.source->name.ends_with(".json");
  if (root.value->type == Value::Type::null) return is_named_so;
  if (!root.value->flow) return false;
  return is_named_so || (!root.children.empty() && document.source->content[root.children.front().entry] == '"');
}

std::string_view line_break_of(std::string_view content) {
  const std::size_t first = content.find('\n');
  return first != std::string_view::npos && first > 0 && content[first - 1] == '\r' ? "\r\n" : "\n";
}

// What aligns a line with that place: the text before it, with spaces for all that is no tab.
std::string indentation_at(std::string_view content, std::size_t offset) {
  const std::size_t begin = line_begin(content, offset);
  const std::string_view before = content.substr(begin, offset - begin);
  if (before.find('\t') == std::string_view::npos) {
    return std::string(static_cast<std::size_t>(columns_before(content, offset)), ' ');
  }
  std::string indentation;
  for (const char c : before) indentation += c == '\t' ? '\t' : ' ';
  return indentation;
}

// How much deeper the first nested block map is than its parent; 0: there is none.
std::size_t nesting_step(std::string_view content, const Extent& extent) {
  for (const Extent& child : extent.children) {
    const bool is_nested = !extent.value->flow && child.value->type == Value::Type::map && !child.value->flow;
    const bool is_below = is_nested && extent.value->type == Value::Type::map && starts_line(content, child.begin);
    if (is_below)
      return static_cast<std::size_t>(columns_before(content, child.begin) - columns_before(content, child.entry));
    if (const std::size_t found = nesting_step(content, child)) return found;
  }
  return 0;
}

// Writes the edit of one setting. Each function answers for the part of the path that is not walked yet.
class Setting {
 public:
  Setting(const Document& document, const Extent& root, std::string flow)
      : content_(document.source->content),
        flow_(std::move(flow)),
        json_(is_json(document, root)),
        line_break_(line_break_of(content_)),
        step_(nesting_step(content_, root)) {
    if (step_ == 0) step_ = 2;
  }

  Result<Cut> at_root(const Extent& root, Path path) const {
    if (path.empty()) return Error{Problem::invalid_value, "no key to set; name one"};
    if (root.value->type == Value::Type::map) return in_map(root, path);
    if (root.value->type != Value::Type::null) return no_map("the file");
    if (root.is_written()) return Cut{root.begin, root.end, "{" + flow_entry(path, json_) + "}"};
    return in_empty_file(path);
  }

 private:
  static Error no_map(const std::string& name) {
    return {Problem::invalid_value, name + " holds a value, not a map; remove that value first"};
  }

  Result<Cut> in_map(const Extent& map, Path path) const {
    const Extent* entry = map.find(path.front());
    if (entry == nullptr) return map.value->flow ? new_in_flow(map, path) : new_in_block(map, path);
    if (path.size() == 1) return replaced(*entry);
    if (entry->value->type == Value::Type::map) return in_map(*entry, path.subspan(1));
    if (entry->value->type != Value::Type::null) return no_map(path.front());
    return map.value->flow ? in_null_of_flow(*entry, path.subspan(1)) : in_null_of_block(*entry, path.subspan(1));
  }

  Cut in_empty_file(Path path) const {
    std::string text = json_ ? "{" + flow_entry(path, true) + "}" : block_entry("", path);
    const bool is_line_open = !content_.empty() && content_.back() != '\n';
    if (is_line_open) text.insert(0, line_break_);
    return {content_.size(), content_.size(), text + line_break_};
  }

  Cut replaced(const Extent& entry) const {
    if (!entry.is_written()) return {entry.lead, entry.lead, after_lead(entry) + flow_};
    if (!is_block_collection(entry)) return {entry.begin, entry.end, flow_};
    const std::size_t end =
        after_deeper_comments(content_, line_end(content_, entry.end), columns_before(content_, entry.entry));
    return {entry.lead, end, " " + flow_ + rest_of_line(entry.lead)};
  }

  // What separates a value from a name that has none yet.
  std::string after_lead(const Extent& entry) const { return content_[entry.lead - 1] == ':' ? " " : ": "; }

  // The comment that ends the line, with the blanks before it.
  std::string rest_of_line(std::size_t offset) const {
    const std::size_t end = line_end(content_, offset);
    if (!ends_line(content_, offset)) return "";
    return std::string(between(content_, offset, before_any(content_, end, blanks)));
  }

  Cut in_null_of_flow(const Extent& entry, Path path) const {
    const std::string map = "{" + flow_entry(path, json_ || content_[entry.entry] == '"') + "}";
    if (entry.is_written()) return {entry.begin, entry.end, map};
    return {entry.lead, entry.lead, after_lead(entry) + map};
  }

  // Directly below its line; a `~` goes.
  Cut in_null_of_block(const Extent& entry, Path path) const {
    const std::size_t end = line_end(content_, entry.end);
    const std::string indentation = indentation_at(content_, entry.entry) + std::string(step_, ' ');
    const std::size_t begin = entry.is_written() ? entry.lead : end;
    return {begin, end, rest_of_line(entry.end) + line_break_ + block_entry(indentation, path)};
  }

  // Below its last entry and the comments that are indented like it.
  Cut new_in_block(const Extent& map, Path path) const {
    const Extent& last = map.children.back();
    const std::size_t end =
        after_deeper_comments(content_, line_end(content_, last.end), columns_before(content_, last.entry) - 1);
    return {end, end, line_break_ + block_entry(indentation_at(content_, last.entry), path)};
  }

  Cut new_in_flow(const Extent& map, Path path) const {
    if (map.children.empty()) return only_in_flow(map, flow_entry(path, json_));
    const Extent& last = map.children.back();
    const std::string entry = flow_entry(path, json_ || content_[last.entry] == '"');
    const std::size_t comma = comma_after(content_, last);
    const bool has_comma = comma != std::string_view::npos;
    const std::size_t end = has_comma ? comma + 1 : last.end;
    const std::string closing = has_comma ? "," : "";
    if (!starts_line(content_, last.entry)) return {end, end, (has_comma ? " " : ", ") + entry + closing};
    const std::string line = line_break_ + indentation_at(content_, last.entry) + entry + closing;
    return {end, end + rest_of_line(end).size(), (has_comma ? "" : ",") + rest_of_line(end) + line};
  }

  Cut only_in_flow(const Extent& map, const std::string& entry) const {
    const std::size_t begin = map.begin + 1;
    if (!has_comment(between(content_, begin, map.last))) return {begin, map.last, entry};
    return {begin, begin, entry + " "};
  }

  std::string name_text(const std::string& name, bool quoted) const {
    return quoted ? as_json_string(name) : as_yaml_scalar(name);
  }

  // a: {b: 1}
  std::string flow_entry(Path path, bool quoted) const {
    const std::string name = name_text(path.front(), quoted) + ": ";
    return path.size() == 1 ? name + flow_ : name + "{" + flow_entry(path.subspan(1), quoted) + "}";
  }

  // The lines of "a:", "  b: 1", without the last line break.
  std::string block_entry(std::string indentation, Path path) const {
    std::string text;
    for (const std::string& name : path.first(path.size() - 1)) {
      text += indentation + name_text(name, false) + ":" + line_break_;
      indentation += std::string(step_, ' ');
    }
    return text + indentation + name_text(path.back(), false) + ": " + flow_;
  }

  std::string_view content_;
  std::string flow_;
  bool json_;
  std::string line_break_;
  std::size_t step_;
};

bool is_same(const Value& a, const Value& b) {
  return a.name == b.name && a.type == b.type && a.text == b.text && a.quoted == b.quoted &&
         std::ranges::equal(a.children, b.children, is_same);
}

void set(Value& map, Path path, const Value& value) {
  map.type = Value::Type::map;
  Value* child = map.find(path.front());
  if (child == nullptr) {
    child = &map.children.emplace_back();
    child->name = path.front();
  }
  if (path.size() > 1) return set(*child, path.subspan(1), value);
  std::string name = std::move(child->name);
  *child = value;
  child->name = std::move(name);
}

// Reads the edited text as the document was read.
Document read_again(const Document& document, const Cut& cut) {
  const std::string& content = document.source->content;
  std::string edited = content.substr(0, cut.begin) + cut.text + content.substr(cut.end);
  const bool is_strict =
      document.source->name.ends_with(".json") && read_json(document.source->name, content).mistakes.empty();
  const auto read = is_strict ? read_json : read_yaml;
  return read(document.source->name, std::move(edited), Layer::project);
}

bool is_that_change(const Document& document, const Cut& cut, Path path, const std::string& flow) {
  Document value = read_yaml("", flow);
  if (!value.mistakes.empty()) value = read_json("", flow);  // which has surrogate pairs
  if (!value.mistakes.empty()) return false;
  Value expected = document.root;
  set(expected, path, value.root);
  const Document edited = read_again(document, cut);
  return edited.mistakes.size() <= document.mistakes.size() && is_same(edited.root, expected);
}

}  // namespace

TextEdit removal_of(const Value& root, const Value& value) {
  TextEdit nothing{value.place, value.place, ""};
  if (!root.source) return nothing;
  const std::string_view content = root.source->content;
  const std::optional<Extent> layout = layout_of(content, root);
  if (!layout) return nothing;
  const std::optional<Position> position = position_of(*layout, value);
  if (!position) return nothing;
  const std::optional<Cut> cut = removal_in(content, *position->parent, position->index);
  return cut ? edit_of(content, *cut) : nothing;
}

Result<TextEdit> setting_of(const Document& document, const std::vector<std::string>& path, const std::string& flow) {
  const std::string& content = document.source->content;
  const std::optional<Extent> layout = layout_of(content, document.root);
  if (!layout) return by_hand(document);
  const Result<Cut> cut = Setting(document, *layout, flow).at_root(*layout, path);
  if (!cut) return cut.error();
  if (!is_that_change(document, *cut, path, flow)) return by_hand(document);
  return edit_of(content, *cut);
}

}  // namespace portd::config
