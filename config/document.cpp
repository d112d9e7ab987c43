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

#include "common/wording.hpp"

namespace portd::config {
namespace {

Place place_of(const YAML::Mark& mark) { return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1}; }

// Leaves yaml-cpp's parser, which takes no other answer from a handler.
struct Abort {
  Place place;
  std::string message;
};

// Builds the tree from yaml-cpp's events. Its own loader would follow aliases, a bomb included.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Document& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw Abort{place_of(mark), "a second document; keep one"};
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, DocumentNode::Type::null); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Abort{place_of(mark), "aliases (*name) are not allowed; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
    add(mark, anchor, DocumentNode::Type::scalar, text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, DocumentNode::Type::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, DocumentNode::Type::map);
  }
  void OnSequenceEnd() override { frames_.pop_back(); }
  void OnMapEnd() override { frames_.pop_back(); }

 private:
  // A list or a map that is not closed yet. The node stays where it is: its parent does not grow meanwhile.
  struct Frame {
    DocumentNode* node;
    std::unordered_set<std::string> names{};
    std::optional<DocumentNode> name{};  // of the value that comes next in a map
  };

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, DocumentNode::Type type) {
    if (frames_.size() >= deepest_nesting) {
      throw Abort{place_of(mark), "more than " + std::to_string(deepest_nesting) + " levels of nesting"};
    }
    frames_.push_back({add(mark, anchor, type)});
  }

  DocumentNode* add(const YAML::Mark& mark, YAML::anchor_t anchor, DocumentNode::Type type,
                    const std::string& text = "") {
    const Place place = place_of(mark);
    if (anchor != 0) throw Abort{place, "anchors (&name) are not allowed; write the value out where it is used"};
    if (++count_ > most_nodes) throw Abort{place, "more than " + std::to_string(most_nodes) + " values"};
    return add_to_frame({.type = type, .text = text, .place = place});
  }

  DocumentNode* add_to_frame(DocumentNode node) {
    if (frames_.empty()) return &(document_.root = std::move(node));
    Frame& frame = frames_.back();
    if (frame.node->type == DocumentNode::Type::map) {
      if (!frame.name) return take_name(frame, std::move(node));
      node.name = std::move(frame.name->text);
      node.name_place = frame.name->place;
      frame.name.reset();
    }
    return &frame.node->children.emplace_back(std::move(node));
  }

  DocumentNode* take_name(Frame& frame, DocumentNode name) {
    if (name.type != DocumentNode::Type::scalar) throw Abort{name.place, "a key is a plain word"};
    if (!frame.names.insert(name.text).second) {
      document_.mistakes.push_back({document_.where(name.place), name.text, "is stated twice; keep one"});
    }
    return &frame.name.emplace(std::move(name));
  }

  Document& document_;
  std::vector<Frame> frames_;
  std::size_t count_ = 0;
  bool started_ = false;
};

}  // namespace

const DocumentNode* DocumentNode::find(std::string_view child) const {
  const auto found = std::ranges::find(children, child, &DocumentNode::name);
  return found == children.end() ? nullptr : &*found;
}

std::string Document::where(Place place) const {
  if (place.line == 0) return file;
  return file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

Document read_yaml(std::string file, const std::string& content) {
  Document document{.file = std::move(file)};
  TreeBuilder builder(document);
  std::istringstream stream(content);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Abort& abort) {
    document.root = {};
    document.mistakes.push_back({document.where(abort.place), "", abort.message});
  } catch (const YAML::Exception& exception) {
    document.root = {};
    document.mistakes.push_back(
        {document.where(place_of(exception.mark)), "", "not valid YAML: " + exception.msg.substr(0, 160)});
  }
  return document;
}

}  // namespace portd::config
