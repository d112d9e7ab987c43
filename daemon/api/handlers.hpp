#pragma once

#include "daemon/api/request.hpp"
#include "daemon/api/response.hpp"
#include "daemon/task.hpp"

// What each route does; the table is routes.cpp.
namespace portd::api {

// Answered at once, from what is in memory.
Response show_health(Call& call);
Response show_openapi(Call& call);

// Answered once all that was read is durable.
Task<Response> show_page(Call& call);
Task<Response> list_ports(Call& call);
Task<Response> grant_ports(Call& call);
Task<Response> release_ports(Call& call);
Task<Response> show_port(Call& call);
Task<Response> change_port(Call& call);
Task<Response> release_port(Call& call);

}  // namespace portd::api
