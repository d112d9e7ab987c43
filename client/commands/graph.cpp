#include <memory>

#include "client/commands/commands.hpp"
#include "client/graph_text.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

struct GraphOptions {
  bool dot = false;
  bool mermaid = false;
};

Outcome<Exit> print_graph(Session& session, const GraphOptions& options) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto found = (*portd)->graph();
  if (!found) return found.error();
  const std::string project = project_of_folder(session.environment());
  if (session.json()) {
    session.print(found->json);
  } else if (options.dot) {
    session.print_safe(graph_dot(found->graph, project));
  } else if (options.mermaid) {
    session.print_safe(graph_mermaid(found->graph, project));
  } else {
    session.print_safe(graph_tree(found->graph, project, session.environment().colour));
  }
  if (found->graph.nodes.empty()) session.note("no services yet; register one with: portc register");
  return Exit::yes;
}

Run declare_graph(CLI::App& app) {
  const auto options = std::make_shared<GraphOptions>();
  auto* dot = app.add_flag("--dot", options->dot, "As Graphviz reads it");
  app.add_flag("--mermaid", options->mermaid, "As Mermaid reads it")->excludes(dot);
  return [options](Session& session) { return print_graph(session, *options); };
}

}  // namespace

Verb graph_verb() {
  return {"graph", "Show which service depends on which, and what a critical one takes with it",
          "A tree: services that nobody depends on, below each what it depends on; (healthy): it has to be well, not\n"
          "only to run; (optional): it is not required; missing: it is not registered.\n"
          "\n"
          "Examples:\n"
          "  portc graph\n"
          "  portc graph --dot | dot -Tsvg > services.svg\n"
          "  portc graph --mermaid >> README.md\n"
          "  portc graph --json | jq -r '.start_order[]'",
          declare_graph};
}

}  // namespace portd::client
