#pragma once

#include <map>
#include <string>

#include "client/framework.hpp"
#include "common/lease.hpp"

namespace portd::client {

// What a service's process learns of its port by its environment.
struct Launch {
  Lease lease;
  Framework framework = Framework::unknown;
  bool socket = false;  // descriptor 3 is its listening socket
  int launcher = 0;     // pid of who keeps the socket
};

// `variables` with those of the port: PORT, HOST, FLASK_RUN_PORT, FLASK_RUN_HOST, UVICORN_PORT, PORTD_SELF_URL,
// PORTD_LEASE ("KEY PORT LAUNCHER"); and with a socket what its framework takes it by: WERKZEUG_SERVER_FD with
// WERKZEUG_RUN_MAIN, GUNICORN_CMD_ARGS, UVICORN_FD. What addressed another process (LISTEN_*, NOTIFY_SOCKET, those of a
// parent's framework) is taken out.
std::map<std::string, std::string> variables_for(const Launch& launch, std::map<std::string, std::string> variables);

}  // namespace portd::client
