#include "client/launch_variables.hpp"

namespace portd::client {
namespace {

constexpr const char* socket_number = "3";

// Of a process that is not ours, and not our child's.
void scrub(std::map<std::string, std::string>& variables) {
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC",
                           "WERKZEUG_SERVER_FD", "WERKZEUG_RUN_MAIN", "UVICORN_FD", "GUNICORN_FD"}) {
    variables.erase(name);
  }
}

void add_socket(std::map<std::string, std::string>& variables, Framework framework) {
  if (framework == Framework::werkzeug) {
    // Werkzeug takes itself for the child of its reloader: it serves on the descriptor, and ends with 3 to be
    // restarted.
    variables["WERKZEUG_SERVER_FD"] = socket_number;
    variables["WERKZEUG_RUN_MAIN"] = "true";
  } else if (framework == Framework::gunicorn) {
    std::string& arguments = variables["GUNICORN_CMD_ARGS"];
    arguments += arguments.empty() ? "--bind fd://3" : " --bind fd://3";
  } else if (framework == Framework::uvicorn) {
    variables["UVICORN_FD"] = socket_number;
  }
}

}  // namespace

std::map<std::string, std::string> variables_for(const Launch& launch, std::map<std::string, std::string> variables) {
  scrub(variables);
  const std::string port = launch.lease.port.text();
  variables["PORT"] = port;
  variables["HOST"] = "127.0.0.1";
  variables["FLASK_RUN_PORT"] = port;
  variables["FLASK_RUN_HOST"] = "127.0.0.1";
  variables["UVICORN_PORT"] = port;
  variables["PORTD_SELF_URL"] = launch.lease.url();
  variables["PORTD_LEASE"] = launch.lease.key.text() + " " + port + " " + std::to_string(launch.launcher);
  if (launch.socket) add_socket(variables, launch.framework);
  return variables;
}

}  // namespace portd::client
