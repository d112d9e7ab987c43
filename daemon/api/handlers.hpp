#pragma once

#include <optional>

#include "daemon/api/request.hpp"
#include "daemon/api/response.hpp"
#include "daemon/api/stream.hpp"
#include "daemon/task.hpp"

// What each route does; the table is routes.cpp.
namespace portd::api {

// Answered at once, from what is in memory.
Response show_health(Call& call);
Response show_metrics(Call& call);
Response show_openapi(Call& call);
Response show_config(Call& call);
Response show_config_schema(Call& call);
Response validate_config(Call& call);

// Answered once it is written.
Response replace_config(Call& call);

// Answered once all that was read is durable.
Task<Response> show_page(Call& call);
Task<Response> list_ports(Call& call);
Task<Response> grant_ports(Call& call);
Task<Response> release_ports(Call& call);
Task<Response> show_port(Call& call);
Task<Response> change_port(Call& call);
Task<Response> release_port(Call& call);
Task<Response> hand_over_port(Call& call);
Task<Response> list_services(Call& call);
Task<Response> show_service(Call& call);
Task<Response> register_service(Call& call);
Task<Response> deregister_service(Call& call);
Task<Response> show_service_health(Call& call);
Task<Response> take_heartbeat(Call& call);
Task<Response> set_maintenance(Call& call);
Task<Response> show_graph(Call& call);
Task<Response> list_alerts(Call& call);
Task<Response> acknowledge_alert(Call& call);
Task<Response> list_prometheus_targets(Call& call);

// Answered once the history has been read.
Task<Response> show_history(Call& call);
Task<Response> show_stats(Call& call);

// On the host of a service's name, whatever the path.
Task<Response> follow_name(Call& call);

// Answered for as long as the client stays; a response instead when it may not begin.
Task<std::optional<Response>> stream_events(Call& call, Stream& stream);

}  // namespace portd::api
