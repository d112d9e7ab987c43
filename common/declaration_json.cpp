// The requests of service_json.hpp: what a service declares, and how it is checked.
#include <algorithm>
#include <array>
#include <set>

#include "common/field_reader.hpp"
#include "common/http_url.hpp"
#include "common/service_json.hpp"
#include "common/wording.hpp"

namespace portd {
namespace {

constexpr std::array<std::string_view, 6> declaration_fields{"port",     "host",       "tags",
                                                             "metadata", "depends_on", "checks"};
constexpr std::array<std::string_view, 5> dependency_fields{"service", "project", "instance", "condition", "required"};
constexpr std::array<std::string_view, 14> check_fields{
    "id",          "type",     "url",     "path",           "method",       "expect_status",
    "expect_body", "interval", "timeout", "start_interval", "start_period", "failures",
    "successes",   "ttl"};
constexpr std::array<std::string_view, 5> http_fields{"url", "path", "method", "expect_status", "expect_body"};
constexpr std::array<std::string_view, 6> probe_fields{"interval",     "timeout",  "start_interval",
                                                       "start_period", "failures", "successes"};
constexpr std::array<std::string_view, 4> methods{"GET", "HEAD", "OPTIONS", "POST"};

constexpr std::size_t most_tags = 32;
constexpr std::size_t most_metadata = 64;
constexpr std::size_t longest_metadata_name = 128;
constexpr std::size_t longest_metadata_value = 1024;
constexpr std::size_t most_dependencies = 64;
constexpr std::size_t most_checks = 16;
constexpr std::size_t longest_path = 2048;
constexpr std::size_t longest_body = 1024;
constexpr std::size_t longest_output = 4096;
constexpr std::size_t longest_reason = 1024;
constexpr Millis shortest_interval{50};
constexpr Millis longest_interval = std::chrono::hours(24);
constexpr Millis shortest_timeout{10};
constexpr Millis longest_timeout{60'000};

// The array of a field, or nothing when it is absent or wrong.
const Json* array_of(FieldReader& reader, const char* field, std::size_t most, const char* of_what) {
  const Json* json = reader.find(field);
  if (json == nullptr) return nullptr;
  if (json->is_array() && json->size() <= most) return json;
  reader.refuse(field, "must be an array of at most " + std::to_string(most) + " " + of_what);
  return nullptr;
}

std::string read_host(FieldReader& reader, std::string otherwise) {
  const auto host = reader.text("host");
  if (!host) return otherwise;
  if (!is_host(*host)) {
    reader.refuse("host",
                  "must be a host name or address in lower case, without scheme and port, such as \"localhost\"");
  }
  return *host;
}

std::vector<std::string> read_tags(FieldReader& reader) {
  std::vector<std::string> tags;
  const Json* list = array_of(reader, "tags", most_tags, "names");
  if (list == nullptr) return tags;
  for (const Json& each : *list) {
    if (!each.is_string()) {
      reader.refuse("tags", std::string("must hold strings, not ") + each.type_name());
      return tags;
    }
    const auto tag = each.get<std::string>();
    if (auto checked = checked_name("tag", tag); !checked) reader.refuse("tags", checked.error());
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  }
  return tags;
}

std::map<std::string, std::string> read_metadata(FieldReader& reader) {
  std::map<std::string, std::string> metadata;
  const Json* json = reader.find("metadata");
  if (json == nullptr) return metadata;
  if (!json->is_object() || json->size() > most_metadata) {
    reader.refuse("metadata", "must be an object of at most " + std::to_string(most_metadata) + " strings");
    return metadata;
  }
  for (const auto& [name, value] : json->items()) {
    const bool fits = value.is_string() && name.size() <= longest_metadata_name &&
                      value.get_ref<const std::string&>().size() <= longest_metadata_value;
    if (!fits) {
      reader.refuse("metadata", "must hold strings of up to " + std::to_string(longest_metadata_value) + " bytes; " +
                                    in_quotes(name) + " is none");
      return metadata;
    }
    metadata.emplace(name, value.get<std::string>());
  }
  return metadata;
}

Result<Dependency> read_dependency(const Json& json, const InstanceKey& self) {
  FieldReader reader("a dependency", json);
  reader.only(dependency_fields);
  Dependency dependency;
  dependency.on.service = reader.required<std::string>("service", reader.name("service"), "");
  dependency.on.project = reader.name("project").value_or(self.project);
  dependency.on.instance = reader.name("instance").value_or(self.instance);
  dependency.condition = reader.word<Condition>("condition").value_or(dependency.condition);
  dependency.required = reader.boolean("required").value_or(dependency.required);
  if (reader.error()) return *reader.error();
  return dependency;
}

std::vector<Dependency> read_dependencies(FieldReader& reader, const InstanceKey& self) {
  std::vector<Dependency> dependencies;
  const Json* list = array_of(reader, "depends_on", most_dependencies, "dependencies");
  if (list == nullptr) return dependencies;
  std::set<InstanceKey> seen;
  for (const Json& each : *list) {
    auto dependency = read_dependency(each, self);
    if (!dependency) {
      reader.refuse("depends_on", dependency.error());
      return dependencies;
    }
    if (!seen.insert(dependency->on).second) {
      reader.refuse("depends_on", "names " + dependency->on.text() + " twice; state it once");
    }
    dependencies.push_back(std::move(*dependency));
  }
  return dependencies;
}

std::vector<int> read_statuses(FieldReader& reader) {
  std::vector<int> statuses;
  const Json* json = reader.find("expect_status");
  if (json == nullptr) return statuses;
  const Json list = json->is_array() ? *json : Json::array({*json});
  for (const Json& each : list) {
    const auto status = each.is_number_integer() ? each.get<std::int64_t>() : 0;
    if (status < 100 || status > 599) {
      reader.refuse("expect_status", "must be a status from 100 to 599, or an array of them");
      return statuses;
    }
    statuses.push_back(static_cast<int>(status));
  }
  if (statuses.empty() || statuses.size() > 32) reader.refuse("expect_status", "must name 1 to 32 statuses");
  return statuses;
}

// A request target as it goes into a request line (RFC 9112, section 3.2.1).
bool is_target(std::string_view path) {
  return path.starts_with('/') && path.size() <= longest_path &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

void read_url(FieldReader& reader, const std::string& text, HttpExpectation& http) {
  auto url = parse_http_url(text);
  if (!url) {
    return reader.refuse("url", "must be an http URL such as \"http://localhost:8080/healthz\", not " +
                                    in_quotes(text) + "; check anything else with type tcp");
  }
  http.host = std::move(url->host);
  http.port = url->port;
  http.path = std::move(url->target);
}

void read_http(FieldReader& reader, HttpExpectation& http) {
  const auto url = reader.text("url");
  const auto path = reader.text("path");
  if (url && path) return reader.refuse("path", "and \"url\" contradict each other; state one of them");
  if (url) read_url(reader, *url, http);
  if (path) http.path = *path;
  if (!is_target(http.path)) {
    reader.refuse(url ? "url" : "path", "must have a path that starts with / and holds no spaces");
  }
  http.method = reader.text("method").value_or(http.method);
  if (std::ranges::find(methods, http.method) == methods.end()) {
    reader.refuse("method", "must be GET, HEAD, OPTIONS or POST, not " + in_quotes(http.method));
  }
  http.statuses = read_statuses(reader);
  http.body = reader.text("expect_body").value_or("");
  if (http.body.size() > longest_body) {
    reader.refuse("expect_body", "must be at most " + std::to_string(longest_body) + " bytes");
  }
  if (!http.body.empty() && http.method == "HEAD") reader.refuse("expect_body", "needs a body, and HEAD has none");
}

void read_schedule(FieldReader& reader, CheckSchedule& schedule) {
  schedule.interval = reader.duration("interval", shortest_interval, longest_interval).value_or(schedule.interval);
  schedule.timeout = reader.duration("timeout", shortest_timeout, longest_timeout).value_or(schedule.timeout);
  schedule.start_interval =
      reader.duration("start_interval", shortest_interval, longest_interval).value_or(schedule.start_interval);
  schedule.start_period =
      reader.duration("start_period", Millis::zero(), longest_interval).value_or(schedule.start_period);
  schedule.failures = static_cast<int>(reader.integer("failures", 1, 100).value_or(schedule.failures));
  schedule.successes = static_cast<int>(reader.integer("successes", 1, 100).value_or(schedule.successes));
}

void refuse_fields(FieldReader& reader, std::span<const std::string_view> fields, CheckType type) {
  for (const std::string_view field : fields) {
    if (reader.find(std::string(field).c_str()) == nullptr) continue;
    return reader.refuse(field, "is not of a " + std::string(to_text(type)) + " check; leave it out");
  }
}

Result<Check> read_check(const Json& json) {
  FieldReader reader("a check", json);
  Check check;
  check.type = reader.required("type", reader.word<CheckType>("type"), CheckType::tcp);
  if (check.type == CheckType::command) {
    return Error{Problem::command_not_allowed,
                 "nobody may hand portd a command over HTTP; declare the check under checks.commands in your own "
                 "portd.yaml"};
  }
  reader.only(check_fields);
  check.id = reader.name("id").value_or("");
  if (check.type == CheckType::http) {
    read_http(reader, check.http);
  } else {
    refuse_fields(reader, http_fields, check.type);
  }
  if (check.type == CheckType::ttl) {
    refuse_fields(reader, probe_fields, check.type);
    check.schedule.interval = reader.duration("ttl", shortest_interval, longest_interval).value_or(Millis(30'000));
  } else {
    if (reader.find("ttl") != nullptr) reader.refuse("ttl", "is of a ttl check only; leave it out");
    read_schedule(reader, check.schedule);
  }
  if (reader.error()) return *reader.error();
  return check;
}

// A check without an id is called by its type: http, http-2, ...
void name_checks(std::vector<Check>& checks) {
  std::set<std::string> taken;
  for (const Check& check : checks) taken.insert(check.id);
  for (Check& check : checks) {
    if (!check.id.empty()) continue;
    const std::string type(to_text(check.type));
    check.id = type;
    for (int number = 2; taken.contains(check.id); ++number) check.id = type + "-" + std::to_string(number);
    taken.insert(check.id);
  }
}

// Its own error: a command is forbidden, not invalid.
Result<std::vector<Check>> read_checks(FieldReader& reader) {
  std::vector<Check> checks;
  const Json* list = array_of(reader, "checks", most_checks, "checks");
  if (list == nullptr) return checks;
  for (const Json& each : *list) {
    auto check = read_check(each);
    if (!check) return check.error();
    const bool twice = !check->id.empty() && std::ranges::find(checks, check->id, &Check::id) != checks.end();
    if (twice) reader.refuse("checks", "has two with the id " + in_quotes(check->id) + "; name them apart");
    checks.push_back(std::move(*check));
  }
  name_checks(checks);
  return checks;
}

}  // namespace

Result<Declaration> declaration_from_json(const Json& json, const InstanceKey& self) {
  FieldReader reader("a service", json);
  reader.only(declaration_fields);
  Declaration declaration;
  declaration.port = reader.port("port");
  declaration.host = read_host(reader, declaration.host);
  declaration.tags = read_tags(reader);
  declaration.metadata = read_metadata(reader);
  declaration.depends_on = read_dependencies(reader, self);
  auto checks = read_checks(reader);
  if (!checks) return checks.error();
  declaration.checks = std::move(*checks);
  if (reader.error()) return *reader.error();
  return declaration;
}

Result<Heartbeat> heartbeat_from_json(const Json& json) {
  static constexpr std::array<std::string_view, 2> fields{"status", "output"};
  FieldReader reader("a heartbeat", json);
  reader.only(fields);
  Heartbeat heartbeat;
  heartbeat.status = reader.required("status", reader.word<Status>("status"), Status::passing);
  if (heartbeat.status == Status::starting || heartbeat.status == Status::maintenance) {
    reader.refuse("status", "must be passing, warning or critical");
  }
  heartbeat.output = reader.text("output").value_or("").substr(0, longest_output);
  if (reader.error()) return *reader.error();
  return heartbeat;
}

Result<MaintenanceOrder> maintenance_from_json(const Json& json) {
  static constexpr std::array<std::string_view, 2> fields{"enabled", "reason"};
  FieldReader reader("a maintenance", json);
  reader.only(fields);
  MaintenanceOrder order;
  order.enabled = reader.required("enabled", reader.boolean("enabled"), false);
  order.reason = reader.text("reason").value_or("");
  if (order.reason.size() > longest_reason) {
    reader.refuse("reason", "must be at most " + std::to_string(longest_reason) + " bytes");
  }
  if (reader.error()) return *reader.error();
  return order;
}

}  // namespace portd
