#include <map>
#include <set>
#include <vector>

#include "client/colour.hpp"
#include "client/graph_text.hpp"
#include "client/key_options.hpp"
#include "client/terminal_text.hpp"

namespace portd::client {
namespace {

class Tree {
 public:
  Tree(const ServiceGraph& graph, const std::string& project_here, bool colour)
      : project_here_(project_here), colour_(colour) {
    for (const auto& node : graph.nodes) nodes_.emplace(node.key, &node);
    for (const auto& edge : graph.edges) {
      edges_[edge.from].push_back(&edge);
      depended_on_.insert(edge.to);
    }
  }

  std::string text() {
    for (const auto& [key, node] : nodes_) {
      if (!depended_on_.contains(key)) add(key, nullptr, "", "");
    }
    // What is left lies on a cycle, which portd refuses.
    for (const auto& [key, node] : nodes_) {
      if (!shown_.contains(key)) add(key, nullptr, "", "");
    }
    return std::move(text_);
  }

 private:
  // `edge`: by which it is reached; `start`: of its own line; `below`: of the lines of what it depends on.
  void add(const InstanceKey& key, const ServiceGraph::Edge* edge, const std::string& start, const std::string& below) {
    const bool again = !shown_.insert(key).second;
    text_ += start + label_of(key, edge, again) + "\n";
    const auto found = edges_.find(key);
    if (again || found == edges_.end()) return;
    for (const ServiceGraph::Edge* next : found->second) {
      const bool last = next == found->second.back();
      add(next->to, next, below + (last ? "└── " : "├── "), below + (last ? "    " : "│   "));
    }
  }

  std::string label_of(const InstanceKey& key, const ServiceGraph::Edge* edge, bool again) const {
    const auto found = nodes_.find(key);
    const ServiceGraph::Node* node = found == nodes_.end() ? nullptr : found->second;
    const bool known = node != nullptr && node->status.has_value();
    std::string label =
        escaped(name_here(key, project_here_)) + "  " + in_colour(known ? to_text(*node->status) : "missing", colour_);
    if (edge != nullptr && edge->condition == Condition::healthy) label += "  (healthy)";
    if (edge != nullptr && !edge->required) label += "  (optional)";
    if (again) return label + "  (shown above)";
    if (node == nullptr || node->affected_by.empty()) return label;
    label += "  affected by ";
    for (const std::string& root : node->affected_by) {
      label += (&root == &node->affected_by.front() ? "" : ", ") + escaped(root);
    }
    return label;
  }

  const std::string& project_here_;
  bool colour_;
  std::map<InstanceKey, const ServiceGraph::Node*> nodes_;
  std::map<InstanceKey, std::vector<const ServiceGraph::Edge*>> edges_;
  std::set<InstanceKey> depended_on_;
  std::set<InstanceKey> shown_;
  std::string text_;
};

}  // namespace

std::string graph_tree(const ServiceGraph& graph, const std::string& project_here, bool colour) {
  return Tree(graph, project_here, colour).text();
}

}  // namespace portd::client
