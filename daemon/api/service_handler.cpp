// PUT and DELETE of one instance, its checks and its maintenance.
#include "common/service_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/request_body.hpp"
#include "daemon/api/service_query.hpp"

namespace portd::api {
namespace {

Result<Declaration> read_declaration(const Request& request, const InstanceKey& key) {
  auto json = parse_json(request.body);
  if (!json) return json.error();
  return declaration_from_json(*json, key);
}

std::string location_of(const InstanceKey& key) {
  return "Location: /services/" + key.service + "?project=" + key.project + "&instance=" + key.instance + "\r\n";
}

Response created(const Instance& instance) {
  Response response = json_response(201, to_json(instance));
  response.extra = location_of(instance.key);
  return response;
}

// What is answered once everything up to now is durable. GCC 12 frees twice what is made within a co_await expression:
// callers name their answer first.
Task<Response> once_durable(Call& call, Response& response) {
  const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
  if (lost) co_return problem_response(*lost);
  co_return std::move(response);
}

Response answer(const Result<core::Registry::Declared>& declared, const core::Health& health) {
  if (!declared) return problem_response(declared.error());
  const Instance instance = health.view(declared->registration);
  return declared->created ? created(instance) : json_response(200, to_json(instance));
}

}  // namespace

Task<Response> register_service(Call& call) {
  const auto key = instance_from(call.path_values[0], call.request.query);
  if (!key) co_return problem_response(key.error());
  auto declaration = read_declaration(call.request, *key);
  if (!declaration) co_return problem_response(declaration.error());
  const auto declared =
      call.context.registry.declare(*key, std::move(*declaration), call.request.caller, call.context.now());
  if (!declared && !tells_of_a_lease(declared.error())) co_return problem_response(declared.error());
  Response response = answer(declared, call.context.health);
  co_return co_await once_durable(call, response);
}

Task<Response> deregister_service(Call& call) {
  const auto key = instance_from(call.path_values[0], call.request.query);
  if (!key) co_return problem_response(key.error());
  const auto withdrawn = call.context.registry.withdraw(*key, call.context.now());
  if (!withdrawn) co_return problem_response(withdrawn.error());
  Response response = no_content();
  co_return co_await once_durable(call, response);
}

Task<Response> set_maintenance(Call& call) {
  const auto key = instance_from(call.path_values[0], call.request.query);
  if (!key) co_return problem_response(key.error());
  const auto order = read_body(call.request, &maintenance_from_json);
  if (!order) co_return problem_response(order.error());
  const auto maintained = call.context.registry.maintain(*key, *order, call.context.now());
  if (!maintained) co_return problem_response(maintained.error());
  Response response = json_response(200, to_json(call.context.health.view(*maintained)));
  co_return co_await once_durable(call, response);
}

Task<Response> take_heartbeat(Call& call) {
  const auto key = instance_from(call.path_values[0], call.request.query);
  if (!key) co_return problem_response(key.error());
  const auto check = checked_name("check", call.path_values[1]);
  if (!check) co_return problem_response(check.error());
  const auto heartbeat = read_body(call.request, &heartbeat_from_json);
  if (!heartbeat) co_return problem_response(heartbeat.error());
  const auto taken = call.context.health.beat(*key, *check, *heartbeat);
  if (!taken) co_return problem_response(taken.error());
  Response response = json_response(200, to_json(*call.context.discovery.find(*key)));
  co_return co_await once_durable(call, response);
}

}  // namespace portd::api
