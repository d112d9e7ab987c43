// POST /ports.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common/lease_json.hpp"
#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/request_body.hpp"

namespace portd::api {
namespace {

constexpr Millis default_wait{30'000};
// A port may be freed by a program that has no lease; nobody tells of that.
constexpr Millis look_again{500};

Response answer(const GrantRequest& request, const core::Granted& granted) {
  const int status = granted.created ? 201 : 200;
  if (request.bundle) return json_response(status, to_json(granted.leases, granted.revision));
  const Lease& lease = granted.leases.front();
  Response response = json_response(status, to_json(lease));
  if (granted.created) response.extra = "Location: /ports/" + lease.port.text() + "\r\n";
  return response;
}

// Who listens is asked of this moment.
Result<core::Granted> adopt_port(const GrantRequest& request, const Call& call) {
  call.context.refresh_states();
  const std::vector<Listener> listeners = call.context.machine.on(*request.port);
  return call.context.leases.adopt_running(request, listeners, call.request.caller, ::getpid(), call.context.now());
}

// How long a request stays; with on_conflict: wait alone.
std::optional<SteadyPoint> deadline_of(const GrantRequest& request, const core::PortRules& rules) {
  if (request.adopt || request.on_conflict.value_or(rules.on_conflict) != OnConflict::wait) return std::nullopt;
  return std::chrono::steady_clock::now() + request.wait.value_or(default_wait);
}

bool may_wait(const Call& call, const Error& error, const std::optional<SteadyPoint>& deadline) {
  return error.problem == Problem::port_in_use && deadline && !call.port_waiters.ended() &&
         std::chrono::steady_clock::now() < *deadline;
}

}  // namespace

Task<Response> grant_ports(Call& call) {
  const auto request = read_body_alone(call.request, &grant_request_from_json);
  if (!request) co_return problem_response(request.error());
  const auto deadline = deadline_of(*request, call.context.leases.port_rules());
  const bool reclaims =
      request->on_conflict.value_or(call.context.leases.port_rules().on_conflict) == OnConflict::reclaim;
  while (true) {
    if (reclaims) call.context.refresh_states();  // whether nobody listens is asked of this moment
    const auto granted = request->adopt ? adopt_port(*request, call)
                                        : call.context.leases.grant(*request, call.request.caller, call.context.now());
    if (!granted && may_wait(call, granted.error(), deadline)) {
      const SteadyPoint next_look = std::min(*deadline, std::chrono::steady_clock::now() + look_again);
      co_await call.port_waiters.wait(next_look);
      if (call.peer_gone()) co_return problem_response(granted.error());  // read by nobody; a port would be lost
      continue;
    }
    if (!granted && granted.error().problem == Problem::port_in_use) call.context.recorder.refused_port();
    if (!granted && !tells_of_a_lease(granted.error())) co_return problem_response(granted.error());

    const Revision read = granted ? granted->revision : call.context.journal.newest();
    const auto lost = co_await durable(call.context.journal, read);
    if (!lost) co_return granted ? answer(*request, *granted) : problem_response(granted.error());
    if (granted && granted->changed) co_return problem_response(*lost);
    // What was read has been undone meanwhile: decide anew.
  }
}

}  // namespace portd::api
