// The calls of api.hpp that are about services.
#include "client/api.hpp"
#include "client/query.hpp"
#include "common/service_json.hpp"

namespace portd::client {
namespace {

constexpr Millis longest_silence{45'000};  // portd sends a comment every 15 s

std::string path_of(const std::string& service) { return "/services/" + service; }

std::string query_of(const InstanceKey& key) {
  return Query().add("project", key.project).add("instance", key.instance).text();
}

Query query_of(const InstanceFilter& filter) {
  Query query;
  if (filter.project) query.add("project", *filter.project);
  if (filter.instance) query.add("instance", *filter.instance);
  if (filter.status) query.add("status", to_text(*filter.status));
  if (filter.tag) query.add("tag", *filter.tag);
  return query;
}

Result<ListedInstance> listed_instance(const Json& json) {
  auto instance = instance_from_json(json);
  if (!instance) return instance.error();
  return ListedInstance{std::move(*instance), json};
}

// The elements of "services" or "instances".
Result<std::vector<ListedInstance>> instances_of(const Json& json) {
  std::vector<ListedInstance> instances;
  const char* field = json.is_object() && json.contains("services") ? "services" : "instances";
  if (!json.is_object() || !json.contains(field) || !json.at(field).is_array()) {
    return Error{Problem::invalid_value, "its list of services has no \"" + std::string(field) + "\""};
  }
  for (const Json& entry : json.at(field)) {
    auto instance = listed_instance(entry);
    if (!instance) return instance.error();
    instances.push_back(std::move(*instance));
  }
  return instances;
}

}  // namespace

Outcome<Registered> Api::register_instance(const InstanceKey& key, const Json& declaration) {
  auto answer = call("PUT", path_of(key.service) + query_of(key), dump_json(declaration));
  if (!answer) return answer.error();
  auto entry = listed_instance(answer->json);
  if (!entry) return not_portd(entry.error().detail);
  return Registered{std::move(*entry), answer->status == 201};
}

Outcome<void> Api::deregister(const InstanceKey& key) {
  auto answer = call("DELETE", path_of(key.service) + query_of(key));
  if (!answer) return answer.error();
  return {};
}

Outcome<InstanceList> Api::instances(const InstanceFilter& filter, const std::optional<BlockingQuery>& block) {
  Query query = query_of(filter);
  if (block) query.add("wait", to_text(block->wait));
  if (block && !block->revision.empty()) query.add("revision", block->revision);
  const std::string path = filter.service ? path_of(*filter.service) : "/services";
  auto answer = call("GET", path + query.text(), "", block ? block->wait : Millis(0));
  if (!answer) return answer.error();
  auto instances = instances_of(answer->json);
  if (!instances) return not_portd(instances.error().detail);
  const auto revision = answer->json.find("revision");
  if (revision == answer->json.end() || !revision->is_string())
    return not_portd("its list of services has no revision");
  return InstanceList{std::move(*instances), revision->get<std::string>(), std::move(answer->json)};
}

// 429 and 503 are answers like 200 here, unless they carry a problem.
Outcome<ServiceHealth> Api::health(const InstanceFilter& filter) {
  const std::string target = path_of(filter.service.value_or("")) + "/health" + query_of(filter).text();
  auto response = connection_.request("GET", target, "", answer_time);
  if (!response) return response.error();
  auto json = parse_json(response->body);
  const bool is_health = json && json->is_object() && json->contains("instances");
  if (!is_health && response->status != 200) return problem_of(*response);
  if (!is_health) return not_portd("its health of a service has no \"instances\"");
  const auto status = from_text<Status>(json->value("status", ""));
  auto instances = instances_of(*json);
  if (!status) return not_portd("its health of a service has no status that there is");
  if (!instances) return not_portd(instances.error().detail);
  return ServiceHealth{*status, std::move(*instances), std::move(*json)};
}

Outcome<Json> Api::maintain(const InstanceKey& key, const MaintenanceOrder& order) {
  auto answer = call("PUT", path_of(key.service) + "/maintenance" + query_of(key), dump_json(to_json(order)));
  if (!answer) return answer.error();
  return std::move(answer->json);
}

Outcome<FoundGraph> Api::graph() {
  auto answer = call("GET", "/graph");
  if (!answer) return answer.error();
  auto graph = graph_from_json(answer->json);
  if (!graph) return not_portd(graph.error().detail);
  return FoundGraph{std::move(*graph), std::move(answer->json)};
}

Outcome<std::size_t> Api::count_raised_alerts() {
  auto answer = call("GET", "/alerts?state=raised");
  if (!answer) return answer.error();
  const auto alerts = answer->json.find("alerts");
  if (alerts == answer->json.end() || !alerts->is_array()) return not_portd("its list of alerts has no \"alerts\"");
  return alerts->size();
}

Outcome<Json> Api::history(const std::string& query) {
  auto answer = call("GET", "/history" + query);
  if (!answer) return answer.error();
  const bool has_entries = answer->json.is_object() && answer->json.contains("entries");
  if (!has_entries || !answer->json.at("entries").is_array()) return not_portd("its history has no \"entries\"");
  return std::move(answer->json);
}

Outcome<Json> Api::stats(const std::string& query) {
  auto answer = call("GET", "/stats" + query);
  if (!answer) return answer.error();
  if (!answer->json.is_object()) return not_portd("its statistics are not an object");
  return std::move(answer->json);
}

Outcome<void> Api::open_events(const std::string& last_id) {
  const std::string headers = last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n";
  const auto response = connection_.open_stream("/events", headers, answer_time);
  if (!response) return response.error();
  if (response->status != 200) return problem_of(*response);
  return {};
}

Outcome<std::string> Api::read_events() { return connection_.read_stream(longest_silence); }

}  // namespace portd::client
