#pragma once

#include <string>

#include "common/service.hpp"

// The dependency graph as text. Names leave `project_here` out.
namespace portd::client {

// For the terminal: services that nobody depends on, below each what it depends on. A service that was shown is not
// expanded again. Escaped; one service a line.
std::string graph_tree(const ServiceGraph& graph, const std::string& project_here, bool colour);

// For Graphviz (DOT language) and for Mermaid: an arrow from each service to what it depends on.
std::string graph_dot(const ServiceGraph& graph, const std::string& project_here);
std::string graph_mermaid(const ServiceGraph& graph, const std::string& project_here);

}  // namespace portd::client
