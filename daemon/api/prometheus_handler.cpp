// GET /sd/prometheus: https://prometheus.io/docs/prometheus/latest/http_sd/
#include "common/json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/service_query.hpp"

namespace portd::api {
namespace {

// What Prometheus allows in the name of a label.
std::string label_name(const std::string& name) {
  std::string label = "__meta_portd_metadata_";
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    label += fits ? c : '_';
  }
  return label;
}

// Between separators on both sides, so that one pattern finds a tag wherever it stands: ".*,metrics,.*".
std::string tags_label(const std::vector<std::string>& tags) {
  std::string label = ",";
  for (const std::string& tag : tags) label += tag + ",";
  return label;
}

Json target_group(const Instance& instance) {
  const std::string url = instance.url();
  Json labels{{"__meta_portd_project", instance.key.project},
              {"__meta_portd_service", instance.key.service},
              {"__meta_portd_instance", instance.key.instance},
              {"__meta_portd_status", to_text(instance.status)},
              {"__meta_portd_url", url},
              {"__meta_portd_tags", tags_label(instance.tags)}};
  for (const auto& [name, value] : instance.metadata) labels[label_name(name)] = value;
  constexpr std::string_view scheme = "http://";
  return {{"targets", {url.substr(scheme.size())}}, {"labels", std::move(labels)}};
}

}  // namespace

Task<Response> list_prometheus_targets(Call& call) {
  const auto filter = instance_filter_from(call.request.query);
  if (!filter) co_return problem_response(filter.error());
  while (true) {
    Json groups = Json::array();
    for (const Instance& instance : call.context.discovery.list(*filter)) groups.push_back(target_group(instance));
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return json_response(200, groups);
    // What was read has been undone meanwhile: read again.
  }
}

}  // namespace portd::api
