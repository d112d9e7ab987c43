// GET /services, GET /services/{service} and its health: what is found, at once or when it changes.
#include <algorithm>

#include "common/service_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/service_query.hpp"

namespace portd::api {
namespace {

struct Found {
  std::vector<Instance> instances{};
  Revision revision{};
};

// Waits until what the filter finds has changed after the revision that the caller knows, or the wait is over.
Task<void> changed(Call& call, const DiscoveryQuery& asked, Revision known, SteadyPoint deadline) {
  const auto over = [&] {
    return call.event_waiters.ended() || std::chrono::steady_clock::now() >= deadline || call.peer_gone() ||
           call.context.events.changed_since(known, asked.filter);
  };
  const std::function<bool(const core::Event&)> concerns = [filter = asked.filter](const core::Event& event) {
    return core::concerns(event, filter);
  };
  while (!over()) co_await call.event_waiters.wait(deadline, concerns);
}

Task<Found> find(Call& call, const DiscoveryQuery& asked) {
  if (asked.wait) {
    const SteadyPoint deadline = std::chrono::steady_clock::now() + *asked.wait;
    const Revision known = asked.revision.value_or(call.context.events.newest_read());
    co_await changed(call, asked, known, deadline);
  }
  while (true) {
    Found found{call.context.discovery.list(asked.filter), call.context.events.newest_read()};
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return found;
    // What was read has been undone meanwhile: read again.
  }
}

// Of a service that a path names and that has no instance at all, whatever the filter.
std::optional<Error> unknown(const Call& call, const Found& found, const InstanceFilter& filter) {
  if (!found.instances.empty()) return std::nullopt;
  InstanceFilter any;
  any.project = filter.project;
  any.service = filter.service;
  any.instance = filter.instance;
  if (!call.context.discovery.list(any).empty()) return std::nullopt;
  const InstanceKey key{*filter.project, *filter.service, filter.instance.value_or(InstanceKey{}.instance)};
  return call.context.registry.registered(key).error();
}

int http_status_of(Status status) {
  switch (status) {
    case Status::passing:
      return 200;
    case Status::warning:
      return 429;
    case Status::starting:
    case Status::critical:
    case Status::maintenance:
      return 503;
  }
  return 503;
}

}  // namespace

Task<Response> list_services(Call& call) {
  const auto asked = discovery_query_from(call.request.query);
  if (!asked) co_return problem_response(asked.error());
  const Found found = co_await find(call, *asked);
  co_return json_response(200, services_json(found.instances, found.revision));
}

Task<Response> show_service(Call& call) {
  const auto asked = service_discovery_query_from(call.path_values[0], call.request.query);
  if (!asked) co_return problem_response(asked.error());
  const Found found = co_await find(call, *asked);
  if (const auto error = unknown(call, found, asked->filter)) co_return problem_response(*error);
  const InstanceKey key{*asked->filter.project, *asked->filter.service};
  co_return json_response(200, service_json(key, found.instances, found.revision));
}

Task<Response> show_service_health(Call& call) {
  const auto asked = service_discovery_query_from(call.path_values[0], call.request.query);
  if (!asked) co_return problem_response(asked.error());
  const Found found = co_await find(call, *asked);
  if (const auto error = unknown(call, found, asked->filter)) co_return problem_response(*error);
  const Status worst = core::worst_of(found.instances);
  Json json = service_json({*asked->filter.project, *asked->filter.service}, found.instances, found.revision);
  json["status"] = to_text(worst);
  co_return json_response(http_status_of(worst), json);
}

}  // namespace portd::api
