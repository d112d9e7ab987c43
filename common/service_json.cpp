#include "common/service_json.hpp"

#include <algorithm>
#include <cmath>

#include "common/field_reader.hpp"
#include "common/wire_fields.hpp"

namespace portd {
namespace {

Json texts(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& each : list) json.push_back(each);
  return json;
}

Json texts(const std::map<std::string, std::string>& pairs) {
  Json json = Json::object();
  for (const auto& [name, value] : pairs) json[name] = value;
  return json;
}

template <class T>
Json list_of(const std::vector<T>& list) {
  Json json = Json::array();
  for (const T& each : list) json.push_back(to_json(each));
  return json;
}

void put_key(Json& json, const InstanceKey& key) {
  json["project"] = key.project;
  json["service"] = key.service;
  json["instance"] = key.instance;
}

void put_url(Json& json, const Check& check) {
  if (check.http.host.empty()) {
    json["path"] = check.http.path;
    return;
  }
  const bool v6 = check.http.host.find(':') != std::string::npos;
  json["url"] = "http://" + (v6 ? "[" + check.http.host + "]" : check.http.host) +
                (check.http.port ? ":" + check.http.port->text() : "") + check.http.path;
}

// --- reading, for the client ---------------------------------------------------------------------------------------

void read_key(FieldReader& reader, InstanceKey& key) {
  key.project = reader.required<std::string>("project", reader.name("project"), "");
  key.service = reader.required<std::string>("service", reader.name("service"), "");
  key.instance = reader.required<std::string>("instance", reader.name("instance"), "");
}

// The elements of an array, each by `read`; a mistake when it is none.
template <class T>
std::vector<T> read_list(FieldReader& reader, const char* field, Result<T> (*read)(const Json&)) {
  std::vector<T> list;
  const Json* json = reader.find(field);
  if (json == nullptr) return list;
  if (!json->is_array()) {
    reader.refuse(field, "must be an array");
    return list;
  }
  for (const Json& each : *json) {
    auto value = read(each);
    if (!value) {
      reader.refuse(field, value.error());
      return list;
    }
    list.push_back(std::move(*value));
  }
  return list;
}

Result<std::string> text_from_json(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return Error{Problem::invalid_value, std::string("must be a string, not ") + json.type_name()};
}

Result<Dependency> dependency_from_json(const Json& json) {
  FieldReader reader("a dependency", json);
  Dependency dependency;
  read_key(reader, dependency.on);
  dependency.condition = reader.required("condition", reader.word<Condition>("condition"), Condition::started);
  dependency.required = reader.boolean("required").value_or(true);
  if (reader.error()) return *reader.error();
  return dependency;
}

// To the microsecond that was written; a double holds it, a truncated product does not.
std::chrono::microseconds latency_from(double millis) {
  constexpr double longest = 1e12;
  return std::chrono::microseconds(std::llround(std::clamp(millis, 0.0, longest) * 1000));
}

Result<CheckReport> report_from_json(const Json& json) {
  FieldReader reader("a check", json);
  CheckReport report;
  report.check.id = reader.required<std::string>("id", reader.name("id"), "");
  report.check.type = reader.required("type", reader.word<CheckType>("type"), CheckType::tcp);
  report.status = reader.required("status", reader.word<Status>("status"), Status::starting);
  report.output = optional_text(reader, "output");
  report.last_run = optional_time(reader, "last_run");
  const Json* latency = reader.find("latency_ms");
  if (latency != nullptr && latency->is_number()) report.latency = latency_from(latency->get<double>());
  const auto longest = std::chrono::hours(24 * 3650);
  report.check.schedule.interval = reader.duration("interval", Millis(0), longest).value_or(Millis(0));
  if (!reader.is_null("timeout")) {
    report.check.schedule.timeout = reader.duration("timeout", Millis(0), longest).value_or(Millis(0));
  }
  if (reader.error()) return *reader.error();
  return report;
}

void read_known_metadata(FieldReader& reader, std::map<std::string, std::string>& metadata) {
  const Json* json = reader.find("metadata");
  if (json == nullptr || !json->is_object()) return;
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) metadata.emplace(name, value.get<std::string>());
  }
}

Result<InstanceKey> key_from_text(const std::string& text) {
  const auto key = Key::parse(text);
  if (!key) return key.error();
  return instance_of(*key);
}

Result<ServiceGraph::Node> node_from_json(const Json& json) {
  FieldReader reader("a node", json);
  ServiceGraph::Node node;
  read_key(reader, node.key);
  if (!reader.is_null("status")) node.status = reader.word<Status>("status");
  node.affected_by = read_list(reader, "affected_by", &text_from_json);
  if (reader.error()) return *reader.error();
  return node;
}

Result<ServiceGraph::Edge> edge_from_json(const Json& json) {
  FieldReader reader("an edge", json);
  ServiceGraph::Edge edge;
  const auto from = key_from_text(reader.required<std::string>("from", reader.text("from"), ""));
  const auto to = key_from_text(reader.required<std::string>("to", reader.text("to"), ""));
  edge.condition = reader.required("condition", reader.word<Condition>("condition"), Condition::started);
  edge.required = reader.boolean("required").value_or(true);
  edge.satisfied = reader.boolean("satisfied").value_or(false);
  if (reader.error()) return *reader.error();
  if (!from) return from.error();
  if (!to) return to.error();
  edge.from = *from;
  edge.to = *to;
  return edge;
}

}  // namespace

// What was stated of a check; the defaults are left out.
Json to_json(const Check& check) {
  const Check defaults;
  Json json{{"id", check.id}, {"type", to_text(check.type)}};
  if (check.type == CheckType::http) {
    put_url(json, check);
    if (check.http.method != defaults.http.method) json["method"] = check.http.method;
    if (!check.http.statuses.empty()) json["expect_status"] = check.http.statuses;
    if (!check.http.body.empty()) json["expect_body"] = check.http.body;
  }
  if (check.type == CheckType::ttl) {
    json["ttl"] = to_text(check.schedule.interval);
    return json;
  }
  const auto put = [&json](const char* field, Millis value, Millis otherwise) {
    if (value != otherwise) json[field] = to_text(value);
  };
  put("interval", check.schedule.interval, defaults.schedule.interval);
  put("timeout", check.schedule.timeout, defaults.schedule.timeout);
  put("start_interval", check.schedule.start_interval, defaults.schedule.start_interval);
  put("start_period", check.schedule.start_period, defaults.schedule.start_period);
  if (check.schedule.failures != defaults.schedule.failures) json["failures"] = check.schedule.failures;
  if (check.schedule.successes != defaults.schedule.successes) json["successes"] = check.schedule.successes;
  return json;
}

Json to_json(const ServiceGraph::Node& node) {
  Json json;
  put_key(json, node.key);
  json["status"] = node.status ? Json(to_text(*node.status)) : Json(nullptr);
  json["missing"] = !node.status.has_value();
  json["affected_by"] = texts(node.affected_by);
  return json;
}

Json to_json(const ServiceGraph::Edge& edge) {
  return {{"from", edge.from.text()},
          {"to", edge.to.text()},
          {"condition", to_text(edge.condition)},
          {"required", edge.required},
          {"satisfied", edge.satisfied}};
}

Json to_json(const CheckReport& report) {
  const bool beats = report.check.type == CheckType::ttl;
  return {{"id", report.check.id},
          {"type", to_text(report.check.type)},
          {"status", to_text(report.status)},
          {"output", report.output},
          {"last_run", text_or_null(report.last_run)},
          {"latency_ms", report.latency ? Json(static_cast<double>(report.latency->count()) / 1000) : Json(nullptr)},
          {"interval", to_text(report.check.schedule.interval)},
          {"timeout", beats ? Json(nullptr) : Json(to_text(report.check.schedule.timeout))}};
}

Json to_json(const Dependency& dependency) {
  Json json;
  put_key(json, dependency.on);
  json["condition"] = to_text(dependency.condition);
  json["required"] = dependency.required;
  return json;
}

Json to_json(const Instance& instance) {
  Json json;
  put_key(json, instance.key);
  json["host"] = instance.host;
  json["port"] = instance.port.number();
  json["url"] = instance.url();
  json["status"] = to_text(instance.status);
  json["reason"] = text_or_null(instance.reason);
  json["affected_by"] = texts(instance.affected_by);
  json["tags"] = texts(instance.tags);
  json["metadata"] = texts(instance.metadata);
  json["depends_on"] = list_of(instance.depends_on);
  json["checks"] = list_of(instance.checks);
  json["registered_at"] = to_rfc3339(instance.registered_at);
  json["revision"] = instance.revision.text();
  return json;
}

Json to_json(const Declaration& declaration) {
  const Declaration defaults;
  Json json = Json::object();
  if (declaration.port) json["port"] = declaration.port->number();
  if (declaration.host != defaults.host) json["host"] = declaration.host;
  if (!declaration.tags.empty()) json["tags"] = texts(declaration.tags);
  if (!declaration.metadata.empty()) json["metadata"] = texts(declaration.metadata);
  if (!declaration.depends_on.empty()) json["depends_on"] = list_of(declaration.depends_on);
  if (!declaration.checks.empty()) json["checks"] = list_of(declaration.checks);
  return json;
}

Json to_json(const Heartbeat& heartbeat) {
  Json json{{"status", to_text(heartbeat.status)}};
  if (!heartbeat.output.empty()) json["output"] = heartbeat.output;
  return json;
}

Json to_json(const MaintenanceOrder& order) {
  Json json{{"enabled", order.enabled}};
  if (!order.reason.empty()) json["reason"] = order.reason;
  return json;
}

Json to_json(const ServiceGraph& graph, const Revision& revision) {
  return {{"nodes", list_of(graph.nodes)},
          {"edges", list_of(graph.edges)},
          {"start_order", texts(graph.start_order)},
          {"revision", revision.text()}};
}

Json services_json(const std::vector<Instance>& instances, const Revision& revision) {
  return {{"services", list_of(instances)}, {"revision", revision.text()}};
}

Json service_json(const InstanceKey& service, const std::vector<Instance>& instances, const Revision& revision) {
  return {{"service", service.service},
          {"project", service.project},
          {"instances", list_of(instances)},
          {"revision", revision.text()}};
}

Result<Instance> instance_from_json(const Json& json) {
  FieldReader reader("an instance", json);
  Instance instance;
  read_key(reader, instance.key);
  instance.host = reader.required<std::string>("host", reader.text("host"), "");
  instance.port = reader.required("port", reader.port("port"), Port(1));
  instance.status = reader.required("status", reader.word<Status>("status"), Status::starting);
  instance.reason = optional_text(reader, "reason");
  instance.affected_by = read_list(reader, "affected_by", &text_from_json);
  instance.tags = read_list(reader, "tags", &text_from_json);
  read_known_metadata(reader, instance.metadata);
  instance.depends_on = read_list(reader, "depends_on", &dependency_from_json);
  instance.checks = read_list(reader, "checks", &report_from_json);
  instance.registered_at = reader.required("registered_at", reader.time("registered_at"), TimePoint{});
  read_revision(reader, instance.revision);
  if (reader.error()) return *reader.error();
  return instance;
}

Result<std::vector<Instance>> instances_from_json(const Json& json) {
  FieldReader reader("a list of services", json);
  const char* field = reader.find("services") != nullptr ? "services" : "instances";
  auto list = read_list(reader, field, &instance_from_json);
  if (reader.error()) return *reader.error();
  return list;
}

Result<ServiceGraph> graph_from_json(const Json& json) {
  FieldReader reader("a graph", json);
  ServiceGraph graph;
  graph.nodes = read_list(reader, "nodes", &node_from_json);
  graph.edges = read_list(reader, "edges", &edge_from_json);
  graph.start_order = read_list(reader, "start_order", &text_from_json);
  if (reader.error()) return *reader.error();
  return graph;
}

}  // namespace portd
