#include "daemon/api/routes.hpp"

#include <array>
#include <optional>

namespace portd::api {
namespace {

constexpr std::array table = std::to_array<Route>({
    {"GET", "/health", "showHealth", &show_health},
    {"GET", "/", "showPage", &show_page},
    {"GET", "/ports", "listPorts", &list_ports},
    {"POST", "/ports", "grantPorts", &grant_ports},
    {"DELETE", "/ports", "releasePorts", &release_ports},
    {"GET", "/ports/{port}", "showPort", &show_port},
    {"PATCH", "/ports/{port}", "changePort", &change_port},
    {"DELETE", "/ports/{port}", "releasePort", &release_port},
    {"GET", "/openapi.json", "showOpenapi", &show_openapi},
});

// What stands for {port}, empty for a pattern without one; nothing when the path is another.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const auto brace = pattern.find('{');
  if (brace == std::string_view::npos) return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  if (!path.starts_with(pattern.substr(0, brace))) return std::nullopt;
  const std::string_view segment = path.substr(brace);
  if (segment.empty() || segment.find('/') != std::string_view::npos) return std::nullopt;
  return segment;
}

void add_method(std::string& allowed, std::string_view method) {
  if (!allowed.empty()) allowed += ", ";
  allowed += method;
  if (method == "GET") allowed += ", HEAD";
}

}  // namespace

std::span<const Route> routes() { return table; }

Match find_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match found;
  for (const Route& route : table) {
    const auto port = match(route.pattern, path);
    if (!port) continue;
    if (route.method == wanted) return {&route, *port, {}};
    add_method(found.allowed, route.method);
  }
  return found;
}

}  // namespace portd::api
