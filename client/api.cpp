#include "client/api.hpp"

#include <algorithm>

#include "client/query.hpp"
#include "common/lease_json.hpp"

namespace portd::client {
namespace {

// What a status means when the problem is not one of ours (a newer portd, a proxy).
Exit exit_of_status(int status) {
  if (status == 404) return Exit::not_found;
  if (status == 409 || status == 412) return Exit::conflict;
  if (status == 401 || status == 403 || status == 421) return Exit::not_allowed;
  return status < 500 ? Exit::usage : Exit::no;
}

std::string query_of(const LeaseFilter& filter) {
  Query query;
  if (filter.project) query.add("project", *filter.project);
  if (filter.service) query.add("service", *filter.service);
  if (filter.instance) query.add("instance", *filter.instance);
  if (filter.state) query.add("state", to_text(*filter.state));
  if (filter.kind) query.add("kind", to_text(*filter.kind));
  return query.text();
}

Result<ListedLease> listed_lease(const Json& json) {
  auto lease = lease_from_json(json);
  if (!lease) return lease.error();
  return ListedLease{std::move(*lease), json};
}

// The leases of {"leases": [...]}, or of one bare lease.
Result<std::vector<ListedLease>> leases_of(const Json& json) {
  std::vector<ListedLease> leases;
  const Json one = Json::array({json});
  const auto list = json.is_object() && json.contains("leases") ? json.at("leases") : one;
  for (const Json& entry : list) {
    auto lease = listed_lease(entry);
    if (!lease) return lease.error();
    leases.push_back(std::move(*lease));
  }
  return leases;
}

}  // namespace

Failure Api::not_portd(const std::string& why) const {
  return {Exit::no_daemon,
          "what answers at " + text_of(connection_.address()) + " is not a portd this portc knows: " + why};
}

Failure Api::problem_of(const HttpResponse& response) const {
  auto json = parse_json(response.body);
  if (!json || !json->is_object()) {
    return not_portd("it answered " + std::to_string(response.status) + " without problem details");
  }
  if (const auto error = error_from_json(*json)) {
    Failure failure = failure_from(*error);
    failure.problem = std::move(*json);
    return failure;
  }
  return {exit_of_status(response.status), json->value("detail", json->value("title", response.body)), *json};
}

Outcome<Api::Answer> Api::call(std::string_view method, const std::string& target, std::string_view body,
                               Millis patience) {
  return answer_from(connection_.request(method, target, body, answer_time + patience));
}

Outcome<Api::Answer> Api::answer_from(Outcome<HttpResponse> response) const {
  if (!response) return response.error();
  if (response->status < 200 || response->status > 299) return problem_of(*response);
  if (response->body.empty()) return Answer{response->status, Json()};
  auto json = parse_json(response->body);
  if (!json) return not_portd(json.error().detail);
  return Answer{response->status, std::move(*json)};
}

Outcome<Granted> Api::grant(const Json& request, Millis patience) {
  auto answer = call("POST", "/ports", dump_json(request), patience);
  if (!answer) return answer.error();
  auto leases = leases_of(answer->json);
  if (!leases) return not_portd(leases.error().detail);
  if (leases->empty()) return not_portd("it granted no lease");
  return Granted{std::move(*leases), answer->status == 201, std::move(answer->json)};
}

Outcome<LeaseList> Api::list(const LeaseFilter& filter) {
  auto answer = call("GET", "/ports" + query_of(filter));
  if (!answer) return answer.error();
  if (!answer->json.is_object() || !answer->json.contains("leases")) {
    return not_portd("its list of leases has no \"leases\"");
  }
  auto leases = leases_of(answer->json);
  if (!leases) return not_portd(leases.error().detail);
  return LeaseList{std::move(*leases), std::move(answer->json)};
}

Outcome<FoundPort> Api::find(Port port) {
  auto answer = call("GET", "/ports/" + port.text());
  if (!answer) return answer.error();
  auto report = port_report_from_json(answer->json);
  if (!report) return not_portd(report.error().detail);
  return FoundPort{std::move(*report), std::move(answer->json)};
}

Outcome<MachinePorts> Api::all_ports(Millis time_limit) {
  auto answer = answer_from(connection_.request("GET", "/ports?all=true", "", time_limit));
  if (!answer) return answer.error();
  auto report = ports_report_from_json(answer->json);
  if (!report) return not_portd(report.error().detail);
  return MachinePorts{std::move(*report), std::move(answer->json)};
}

Outcome<std::optional<ListedLease>> Api::find(const Key& key) {
  LeaseFilter filter;
  filter.project = key.project;
  filter.service = key.service;
  filter.instance = key.instance;
  auto list = this->list(filter);
  if (!list) return list.error();
  const auto found = std::find_if(list->leases.begin(), list->leases.end(),
                                  [&key](const ListedLease& entry) { return entry.lease.key == key; });
  if (found == list->leases.end()) return std::optional<ListedLease>();
  return std::optional<ListedLease>(std::move(*found));
}

Outcome<void> Api::release(const Lease& lease) {
  auto answer = call("DELETE", "/ports/" + lease.port.text() + "?lease=" + lease.id);
  if (!answer) return answer.error();
  return {};
}

Outcome<Descriptor> Api::take_socket(const Lease& lease, const std::string& address) {
  Descriptor socket;
  const std::string target = "/ports/" + lease.port.text() + "/socket?lease=" + lease.id;
  auto response =
      connection_.request_descriptor("POST", target, dump_json(Json{{"address", address}}), answer_time, socket);
  if (!response) return response.error();
  if (response->status != 200) return problem_of(*response);
  if (!socket) return not_portd("it handed over no socket");
  return socket;
}

Outcome<SeenConfiguration> Api::configuration_from(Outcome<HttpResponse> response) const {
  if (!response) return response.error();
  if (response->status != 200) return problem_of(*response);
  auto json = parse_json(response->body);
  if (!json) return not_portd(json.error().detail);
  if (!json->is_object()) return not_portd("its configuration is not an object");
  return SeenConfiguration{std::move(*json), std::move(response->etag)};
}

Outcome<SeenConfiguration> Api::configuration() {
  return configuration_from(connection_.request("GET", "/config", "", answer_time));
}

Outcome<SeenConfiguration> Api::configure(const Json& change, const std::string& etag) {
  const std::string condition = "If-Match: " + etag + "\r\n";
  return configuration_from(connection_.request("PUT", "/config", dump_json(change), answer_time, condition));
}

Outcome<Json> Api::health() {
  auto answer = call("GET", "/health");
  if (!answer) return answer.error();
  if (!answer->json.is_object()) return not_portd("its health is not an object");
  return std::move(answer->json);
}

}  // namespace portd::client
