#include "config/document.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "common/utf8.hpp"
#include "config/edit.hpp"
#include "config/source_text.hpp"
#include "config/strict_json.hpp"

namespace portd::config {
namespace {

// In bytes; Origin tells the characters.
Place place_of(const YAML::Mark& mark) { return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1}; }

// Leaves yaml-cpp's parser, which takes no other answer from a handler.
struct Abort {
  Place place;
  std::string message;
};

void add_mistake(Document& document, Place place, std::string message, std::string key = "") {
  document.mistakes.push_back(
      {.source = document.source, .place = place, .key = std::move(key), .message = std::move(message)});
}

// Builds the tree from yaml-cpp's events. Its own loader would follow aliases, a bomb included.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Document& document, Layer layer) : document_(document), layer_(layer) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw Abort{place_of(mark), "a second document; keep one"};
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, "?", Value::Type::null); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Abort{place_of(mark), "aliases (*name) are not allowed; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Value* value = add(mark, anchor, tag, Value::Type::scalar);
    value->text = text;
    value->quoted = tag != "?";
    take_name();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, anchor, tag, Value::Type::list, style);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, anchor, tag, Value::Type::map, style);
  }
  void OnSequenceEnd() override { frames_.pop_back(); }
  void OnMapEnd() override { frames_.pop_back(); }

  // Where a name stands that its map has already.
  const std::vector<Place>& repeated() const { return repeated_; }

 private:
  // A list or a map that is not closed yet. The value stays where it is: its parent does not grow meanwhile.
  struct Frame {
    Value* value;
    std::unordered_set<std::string> names{};
    std::optional<Value> name{};  // of the value that comes next in a map
    bool named = false;           // that `name` is complete
  };

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag, Value::Type type,
            YAML::EmitterStyle::value style) {
    if (frames_.size() >= deepest_nesting) {
      throw Abort{place_of(mark), "more than " + std::to_string(deepest_nesting) + " levels of nesting"};
    }
    Value* value = add(mark, anchor, tag, type);
    value->flow = style == YAML::EmitterStyle::Flow;
    frames_.push_back({value});
  }

  Value* add(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag, Value::Type type) {
    const Place place = place_of(mark);
    if (anchor != 0) throw Abort{place, "anchors (&name) are not allowed; write the value out where it is used"};
    if (!tag.empty() && tag != "?" && tag != "!") throw Abort{place, "tags (!name) are not allowed; leave it out"};
    if (++count_ > most_values) throw Abort{place, "more than " + std::to_string(most_values) + " values"};
    return add_to_frame({.type = type, .place = place, .layer = layer_, .source = document_.source});
  }

  Value* add_to_frame(Value value) {
    if (frames_.empty()) return &(document_.root = std::move(value));
    Frame& frame = frames_.back();
    if (frame.value->type == Value::Type::map) {
      if (!frame.name) return begin_name(frame, std::move(value));
      value.name = std::move(frame.name->text);
      value.name_place = frame.name->place;
      frame.name.reset();
    }
    return &frame.value->children.emplace_back(std::move(value));
  }

  static Value* begin_name(Frame& frame, Value name) {
    if (name.type != Value::Type::scalar) throw Abort{name.place, "a key is a plain word"};
    frame.named = false;
    return &frame.name.emplace(std::move(name));
  }

  // Once its text is known.
  void take_name() {
    if (frames_.empty() || !frames_.back().name || frames_.back().named) return;
    Frame& frame = frames_.back();
    frame.named = true;
    if (!frame.names.insert(frame.name->text).second) repeated_.push_back(frame.name->place);
  }

  Document& document_;
  Layer layer_;
  std::vector<Frame> frames_;
  std::vector<Place> repeated_;
  std::size_t count_ = 0;
  bool started_ = false;
};

// The text with its tabs at the beginnings of lines as two spaces each, which is what whoever typed them meant.
class Indentation {
 public:
  explicit Indentation(Document& document) {
    const std::string_view content = document.source->content;
    int number = 0;
    for (std::size_t begin = 0; begin < content.size();) {
      const std::size_t end = std::min(content.find('\n', begin), content.size());
      take_line(document, ++number, content.substr(begin, end - begin));
      if (end < content.size()) text_ += '\n';
      begin = end + 1;
    }
  }

  const std::string& text() const { return text_; }

  // A place of text() as one of the original.
  Place original(Place place) const {
    const auto line = std::ranges::lower_bound(tabs_, place.line, {}, &Line::number);
    if (line != tabs_.end() && line->number == place.line) place.column = std::max(1, place.column - line->tabs);
    return place;
  }

 private:
  struct Line {
    int number;
    int tabs;
  };

  void take_line(Document& document, int number, std::string_view line) {
    const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
    const auto tabs = std::ranges::count(line.substr(0, first), '\t');
    if (tabs == 0 || first == line.size()) {
      text_ += line;
      return;
    }
    std::string spaces;
    for (const char c : line.substr(0, first)) spaces += c == '\t' ? "  " : " ";
    tabs_.push_back({number, static_cast<int>(tabs)});
    const int end = static_cast<int>(first) + 1;
    document.mistakes.push_back(
        {.source = document.source,
         .place = {number, 1},
         .width = end - 1,
         .message = "a tab as indentation; YAML takes spaces only",
         .fix = Fix{"put spaces in its place", {TextEdit{{number, 1}, {number, end}, spaces}}}});
    text_ += spaces;
    text_ += line.substr(first);
  }

  std::string text_;
  std::vector<Line> tabs_;
};

// Turns yaml-cpp's places, whose columns are bytes of the text that it was given, into places of the original. Quick
// for places that come in the order of the text.
class Origin {
 public:
  Origin(std::string_view text, const Indentation& indentation) : text_(text), indentation_(indentation) { rewind(); }

  Place of(Place place) {
    if (place.line == 0) return place;
    if (place < at_) rewind();
    while (at_.line < place.line && offset_ < text_.size()) pass_line();
    const std::size_t end = line_end(text_, offset_);
    while (at_.column < place.column && offset_ < end) pass_byte();
    return indentation_.original({place.line, character_});
  }

 private:
  void rewind() {
    at_ = {1, 1};
    character_ = 1;
    offset_ = line_begin(text_, 0);
  }

  void pass_line() {
    offset_ = next_line(text_, offset_);
    at_ = {at_.line + 1, 1};
    character_ = 1;
  }

  void pass_byte() {
    const bool begins_character = (static_cast<unsigned char>(text_[offset_]) & 0xC0U) != 0x80U;
    if (begins_character) ++character_;
    ++offset_;
    ++at_.column;
  }

  std::string_view text_;
  const Indentation& indentation_;
  Place at_;           // in bytes
  int character_ = 1;  // the column there, in characters
  std::size_t offset_ = 0;
};

void move_back(Value& value, Origin& origin) {
  value.name_place = origin.of(value.name_place);
  value.place = origin.of(value.place);
  for (Value& child : value.children) move_back(child, origin);
}

// The value whose name stands there.
const Value* named_at(const Value& value, Place place) {
  if (value.name_place == place && place.line > 0) return &value;
  for (const Value& child : value.children) {
    if (const Value* found = named_at(child, place)) return found;
  }
  return nullptr;
}

// Each fix walks the text once.
constexpr std::size_t most_removals = 20;

void tell_repeated(Document& document, const std::vector<Place>& places) {
  std::size_t removals = 0;
  for (const Place place : places) {
    if (document.mistakes.size() >= most_told) {
      add_mistake(document, place, "is stated twice; keep one");
      continue;
    }
    const Value* value = named_at(document.root, place);
    if (value == nullptr) continue;
    document.mistakes.push_back({.source = document.source,
                                 .place = place,
                                 .width = place_at(value->name, value->name.size()).column - 1,
                                 .key = value->name,
                                 .message = "is stated twice; keep one"});
    if (++removals > most_removals) continue;
    const TextEdit edit = removal_of(document.root, *value);
    if (edit.begin != edit.end) document.mistakes.back().fix = Fix{"remove the second one", {edit}, true};
  }
}

void parse(Document& document, const std::string& text, Layer layer, const Indentation& indentation) {
  TreeBuilder builder(document, layer);
  Origin origin(text, indentation);
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    move_back(document.root, origin);
    std::vector<Place> repeated = builder.repeated();
    for (Place& place : repeated) place = origin.of(place);
    tell_repeated(document, repeated);
  } catch (const Abort& abort) {
    document.root = {};
    add_mistake(document, origin.of(abort.place), abort.message);
  } catch (const YAML::Exception& exception) {
    document.root = {};
    add_mistake(document, origin.of(place_of(exception.mark)), "not valid YAML: " + exception.msg.substr(0, 160));
  }
}

constexpr std::size_t most_brackets = 2 * most_values;  // comments and texts have some, too

// The byte of the bracket that is one too many. yaml-cpp keeps all that are open, however deep, before it tells of one.
std::optional<std::size_t> excess_bracket(std::string_view content) {
  std::size_t count = 0;
  for (std::size_t at = content.find_first_of("[{"); at != std::string_view::npos;
       at = content.find_first_of("[{", at + 1)) {
    if (++count > most_brackets) return at;
  }
  return std::nullopt;
}

// False: the content is no text that may be parsed.
bool is_text(Document& document) {
  const std::string& content = document.source->content;
  if (content.size() > largest_document) {
    add_mistake(document, {}, "is larger than " + std::to_string(largest_document) + " bytes; make it smaller");
  } else if (const auto nul = content.find('\0'); nul != std::string::npos) {
    add_mistake(document, place_at(content, nul), "a NUL byte; the file must be text");
  } else if (const auto wrong = invalid_utf8(content)) {
    add_mistake(document, place_at(content, *wrong), "not UTF-8; save the file as UTF-8");
  } else if (const auto bracket = excess_bracket(content)) {
    add_mistake(document, place_at(content, *bracket), "more than " + std::to_string(most_brackets) + " brackets");
  }
  return document.mistakes.empty();
}

Document document_of(std::string name, std::string content) {
  return {.source = std::make_shared<const Source>(Source{std::move(name), std::move(content)})};
}

}  // namespace

Document read_yaml(std::string name, std::string content, Layer layer) {
  Document document = document_of(std::move(name), std::move(content));
  if (!is_text(document)) return document;
  const Indentation indentation(document);
  parse(document, indentation.text(), layer, indentation);
  return document;
}

Document read_json(std::string name, std::string content, Layer layer) {
  Document document = document_of(std::move(name), std::move(content));
  if (!is_text(document)) return document;
  if (const auto wrong = invalid_json(document.source->content)) {
    add_mistake(document, place_at(document.source->content, *wrong),
                "not valid JSON; look for a missing or a trailing comma");
    return document;
  }
  Document empty = document_of("", "");
  parse(document, without_surrogates(document.source->content), layer, Indentation(empty));
  return document;
}

Document read_text(const std::filesystem::path& file, std::string content, Layer layer) {
  return file.extension() == ".json" ? read_json(file.string(), std::move(content), layer)
                                     : read_yaml(file.string(), std::move(content), layer);
}

}  // namespace portd::config
