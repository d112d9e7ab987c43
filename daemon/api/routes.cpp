#include "daemon/api/routes.hpp"

#include <array>
#include <optional>

namespace portd::api {
namespace {

constexpr std::array route_table = std::to_array<Route>({
    {"GET", "/health", "showHealth", &show_health},
    {"GET", "/", "showPage", &show_page},
    {"GET", "/ports", "listPorts", &list_ports},
    {"POST", "/ports", "grantPorts", &grant_ports},
    {"DELETE", "/ports", "releasePorts", &release_ports},
    {"GET", "/ports/{port}", "showPort", &show_port},
    {"PATCH", "/ports/{port}", "changePort", &change_port},
    {"DELETE", "/ports/{port}", "releasePort", &release_port},
    {"POST", "/ports/{port}/socket", "handOverPort", &hand_over_port},
    {"GET", "/services", "listServices", &list_services},
    {"GET", "/services/{service}", "showService", &show_service},
    {"PUT", "/services/{service}", "registerService", &register_service},
    {"DELETE", "/services/{service}", "deregisterService", &deregister_service},
    {"GET", "/services/{service}/health", "showServiceHealth", &show_service_health},
    {"PUT", "/services/{service}/checks/{check}", "takeHeartbeat", &take_heartbeat},
    {"PUT", "/services/{service}/maintenance", "setMaintenance", &set_maintenance},
    {"GET", "/graph", "showGraph", &show_graph},
    {"GET", "/events", "streamEvents", &stream_events},
    {"GET", "/alerts", "listAlerts", &list_alerts},
    {"POST", "/alerts/{id}/ack", "acknowledgeAlert", &acknowledge_alert},
    {"GET", "/stats", "showStats", &show_stats},
    {"GET", "/history", "showHistory", &show_history},
    {"GET", "/sd/prometheus", "listPrometheusTargets", &list_prometheus_targets},
    {"GET", "/metrics", "showMetrics", &show_metrics},
    {"GET", "/config", "showConfig", &show_config},
    {"PUT", "/config", "replaceConfig", &replace_config},
    {"POST", "/config/validate", "validateConfig", &validate_config},
    {"GET", "/config/schema", "showConfigSchema", &show_config_schema},
    {"GET", "/openapi.json", "showOpenapi", &show_openapi},
});

constexpr Route by_name{"GET", "", "followName", &follow_name};

// What stands for the names in braces; nothing when the path is another.
std::optional<PathValues> match(std::string_view pattern, std::string_view path) {
  PathValues values{};
  std::size_t count = 0;
  while (true) {
    const auto brace = pattern.find('{');
    if (brace == std::string_view::npos) return pattern == path ? std::optional(values) : std::nullopt;
    if (!path.starts_with(pattern.substr(0, brace))) return std::nullopt;
    path.remove_prefix(brace);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty()) return std::nullopt;
    values.at(count++) = segment;
    path.remove_prefix(segment.size());
    pattern.remove_prefix(pattern.find('}') + 1);
  }
}

void add_method(std::string& allowed, std::string_view method) {
  if (!allowed.empty()) allowed += ", ";
  allowed += method;
  if (method == "GET") allowed += ", HEAD";
}

}  // namespace

std::span<const Route> routes() { return route_table; }

Match find_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match found;
  for (const Route& route : route_table) {
    const auto values = match(route.pattern, path);
    if (!values) continue;
    if (route.method == wanted) return {&route, *values, {}};
    add_method(found.allowed, route.method);
  }
  return found;
}

Match name_route(std::string_view method, std::string_view name) {
  if (method == "GET" || method == "HEAD") return {&by_name, {name}, {}};
  return {nullptr, {}, "GET, HEAD"};
}

std::vector<metrics::MeteredRoute> metered_routes() {
  std::vector<metrics::MeteredRoute> list;
  for (const Route& route : route_table) list.push_back({route.method, route.pattern, !route.is_streamed()});
  list.push_back({by_name.method, "name"});
  list.push_back({"other", "none", false});
  return list;
}

std::size_t place_of(const Route* route) {
  if (route == nullptr) return route_table.size() + 1;
  if (route == &by_name) return route_table.size();
  return static_cast<std::size_t>(route - route_table.data());
}

}  // namespace portd::api
