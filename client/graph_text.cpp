#include "client/graph_text.hpp"

#include <map>

#include "client/key_options.hpp"
#include "client/terminal_text.hpp"

namespace portd::client {
namespace {

std::string_view status_of(const ServiceGraph::Node& node) { return node.status ? to_text(*node.status) : "missing"; }

std::string_view colour_of(const ServiceGraph::Node& node) {
  if (!node.status) return "#868e96";
  switch (*node.status) {
    case Status::passing:
      return "#2b8a3e";
    case Status::warning:
    case Status::starting:
    case Status::maintenance:
      return "#e67700";
    case Status::critical:
      return "#c92a2a";
  }
  return "";
}

std::string edge_label(const ServiceGraph::Edge& edge) {
  std::string label = edge.condition == Condition::healthy ? "healthy" : "";
  if (!edge.required) label += label.empty() ? "optional" : ", optional";
  return label;
}

// A text between double quotes, as each language escapes it.
std::string replaced(std::string_view text, const std::map<char, std::string_view>& marks) {
  std::string safe;
  for (const char c : escaped(text)) {
    const auto mark = marks.find(c);
    if (mark == marks.end()) {
      safe += c;
    } else {
      safe += mark->second;
    }
  }
  return safe;
}

std::string for_dot(std::string_view text) { return "\"" + replaced(text, {{'"', "\\\""}, {'\\', "\\\\"}}) + "\""; }

std::string for_mermaid(std::string_view text) {
  return replaced(
      text,
      {{'"', "#quot;"}, {'#', "#35;"}, {'<', "#lt;"}, {'>', "#gt;"}, {'&', "#amp;"}, {'`', "#96;"}, {'\\', "#92;"}});
}

}  // namespace

std::string graph_dot(const ServiceGraph& graph, const std::string& project_here) {
  std::string text = "digraph portd {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n";
  for (const auto& node : graph.nodes) {
    const std::string name = for_dot(name_here(node.key, project_here));
    text += "  " + for_dot(node.key.text()) + " [label=" + name.substr(0, name.size() - 1) + "\\n" +
            std::string(status_of(node)) + "\", color=\"" + std::string(colour_of(node)) + "\"];\n";
  }
  for (const auto& edge : graph.edges) {
    text += "  " + for_dot(edge.from.text()) + " -> " + for_dot(edge.to.text());
    text += " [label=" + for_dot(edge_label(edge)) + (edge.required ? "" : ", style=dashed") + "];\n";
  }
  return text + "}\n";
}

std::string graph_mermaid(const ServiceGraph& graph, const std::string& project_here) {
  std::map<InstanceKey, std::string> ids;
  const auto id_of = [&ids](const InstanceKey& key) {
    return ids.emplace(key, "n" + std::to_string(ids.size())).first->second;
  };
  std::string text = "flowchart LR\n";
  for (const auto& node : graph.nodes) {
    const std::string id = id_of(node.key);
    text += "  " + id + "[\"" + for_mermaid(name_here(node.key, project_here)) + "<br/>" +
            std::string(status_of(node)) + "\"]\n";
    text += "  style " + id + " stroke:" + std::string(colour_of(node)) + "\n";
  }
  for (const auto& edge : graph.edges) {
    const std::string label = edge_label(edge);
    text += "  " + id_of(edge.from) + (edge.required ? " -->" : " -.->");
    text += (label.empty() ? "" : "|" + label + "|") + " " + id_of(edge.to) + "\n";
  }
  return text;
}

}  // namespace portd::client
