#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/graph_text.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;
using ::testing::HasSubstr;

InstanceKey key(const std::string& text) { return portd::instance_of(*Key::parse(text)); }

ServiceGraph::Node node(const std::string& text, std::optional<Status> status, std::vector<std::string> affected = {}) {
  return {key(text), status, std::move(affected)};
}

ServiceGraph::Edge edge(const std::string& from, const std::string& to, Condition condition = Condition::started,
                        bool required = true) {
  return {key(from), key(to), condition, required, false};
}

// web and admin need api; api needs db; web may use a cache, which is not registered.
ServiceGraph shop() {
  ServiceGraph graph;
  graph.nodes = {node("web", Status::passing, {"db"}), node("admin", Status::warning, {"db"}),
                 node("api", Status::passing, {"db"}), node("db", Status::critical),
                 node("infra/cache@blue", std::nullopt)};
  graph.edges = {edge("web", "api", Condition::healthy), edge("web", "infra/cache@blue", Condition::started, false),
                 edge("admin", "api", Condition::healthy, false), edge("api", "db")};
  graph.start_order = {"db", "api", "admin", "infra/cache@blue", "web"};
  return graph;
}

test::Ran graph(const ServiceGraph& services, std::vector<std::string> options = {}, bool colour = false) {
  PortcWorld world;
  world.environment.colour = colour;
  world.answers = {{"GET /graph", {200, dump_json(to_json(services, {1, 9}))}}};
  world.start_portd();
  options.insert(options.begin(), "graph");
  return world.run(options);
}

TEST(GraphVerb, IsATreeOfWhatDependsOnWhat) {
  const auto ran = graph(shop());
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "admin  warning  affected by db\n"
            "└── api  passing  (healthy)  (optional)  affected by db\n"
            "    └── db  critical\n"
            "web  passing  affected by db\n"
            "├── api  passing  (healthy)  (shown above)\n"
            "└── infra/cache@blue  missing  (optional)\n");
}

TEST(GraphVerb, DrawsTheLinesOfServicesThatFollow) {
  ServiceGraph services;
  services.nodes = {node("a", Status::passing), node("b", Status::passing), node("c", Status::passing),
                    node("d", Status::passing)};
  services.edges = {edge("a", "b"), edge("b", "c"), edge("a", "d")};
  EXPECT_EQ(graph(services).out,
            "a  passing\n"
            "├── b  passing\n"
            "│   └── c  passing\n"
            "└── d  passing\n");
}

TEST(GraphVerb, ShowsEveryServiceEvenOnACycle) {
  ServiceGraph services;
  services.nodes = {node("a", Status::passing), node("b", Status::passing)};
  services.edges = {edge("a", "b"), edge("b", "a")};
  EXPECT_EQ(graph(services).out,
            "a  passing\n"
            "└── b  passing\n"
            "    └── a  passing  (shown above)\n");
}

TEST(GraphVerb, ColoursStatusesOnATerminal) {
  EXPECT_THAT(graph(shop(), {}, true).out, HasSubstr("db  \x1b[31mcritical\x1b[0m"));
}

TEST(GraphVerb, IsTextForGraphviz) {
  EXPECT_EQ(graph(shop(), {"--dot"}).out,
            "digraph portd {\n"
            "  rankdir=LR;\n"
            "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
            "  \"web\" [label=\"web\\npassing\", color=\"#2b8a3e\"];\n"
            "  \"admin\" [label=\"admin\\nwarning\", color=\"#e67700\"];\n"
            "  \"api\" [label=\"api\\npassing\", color=\"#2b8a3e\"];\n"
            "  \"db\" [label=\"db\\ncritical\", color=\"#c92a2a\"];\n"
            "  \"infra/cache@blue\" [label=\"infra/cache@blue\\nmissing\", color=\"#868e96\"];\n"
            "  \"web\" -> \"api\" [label=\"healthy\"];\n"
            "  \"web\" -> \"infra/cache@blue\" [label=\"optional\", style=dashed];\n"
            "  \"admin\" -> \"api\" [label=\"healthy, optional\", style=dashed];\n"
            "  \"api\" -> \"db\" [label=\"\"];\n"
            "}\n");
}

TEST(GraphVerb, IsTextForMermaid) {
  ServiceGraph services = shop();
  services.nodes.erase(services.nodes.begin() + 1, services.nodes.begin() + 4);
  services.edges = {edge("web", "infra/cache@blue", Condition::healthy, false), edge("web", "infra/cache@blue")};
  EXPECT_EQ(graph(services, {"--mermaid"}).out,
            "flowchart LR\n"
            "  n0[\"web<br/>passing\"]\n"
            "  style n0 stroke:#2b8a3e\n"
            "  n1[\"infra/cache@blue<br/>missing\"]\n"
            "  style n1 stroke:#868e96\n"
            "  n0 -.->|healthy, optional| n1\n"
            "  n0 --> n1\n");
}

TEST(GraphVerb, NamesCannotBreakOutOfTheirQuotes) {
  ServiceGraph services;
  services.nodes.push_back({{"default", "a\"];x<b>\\\x1b", "main"}, Status::passing, {}});
  EXPECT_THAT(graph_dot(services, "default"), HasSubstr(R"([label="a\"];x<b>\\\\x1b\npassing")"));
  EXPECT_THAT(graph_mermaid(services, "default"), HasSubstr(R"(n0["a#quot;];x#lt;b#gt;#92;#92;x1b<br/>passing"])"));
  EXPECT_THAT(graph_tree(services, "default", false), HasSubstr("a\"];x<b>\\\\x1b  passing"));
}

TEST(GraphVerb, JsonIsTheAnswer) { EXPECT_EQ(*parse_json(graph(shop(), {"--json"}).out), to_json(shop(), {1, 9})); }

TEST(GraphVerb, AnEmptyGraphTellsTheNextStep) {
  const auto ran = graph({});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: no services yet; register one with: portc register\n");
}

TEST(GraphVerb, IsOneTextAtATime) { EXPECT_EQ(graph(shop(), {"--dot", "--mermaid"}).exit, 2); }

}  // namespace
}  // namespace portd::client
