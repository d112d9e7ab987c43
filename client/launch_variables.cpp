#include "client/launch_variables.hpp"

namespace portd::client {
namespace {

constexpr const char* loopback = "127.0.0.1";
constexpr const char* handed_over = "--bind fd://3";

void remove_text(std::string& text, std::string_view part) {
  const std::size_t at = text.find(part);
  if (at != std::string::npos) text.erase(at, part.size());
}

// Of a process that is neither ours nor our child.
void scrub(Variables& variables) {
  for (const char* name :
       {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
        "WERKZEUG_SERVER_FD", "WERKZEUG_RUN_MAIN", "FLASK_RUN_FROM_CLI", "UVICORN_FD", "GUNICORN_FD", "GUNICORN_PID"}) {
    variables.erase(name);
  }
  const auto arguments = variables.find("GUNICORN_CMD_ARGS");
  if (arguments == variables.end()) return;
  remove_text(arguments->second, handed_over);
  if (arguments->second.find_first_not_of(' ') == std::string::npos) variables.erase(arguments);
}

void add_gunicorn_argument(Variables& variables, const std::string& argument) {
  std::string& arguments = variables["GUNICORN_CMD_ARGS"];
  arguments += arguments.empty() ? argument : " " + argument;
}

void add_socket(Variables& variables, SocketWay way) {
  switch (way) {
    case SocketWay::werkzeug:
      // Werkzeug takes itself for the child of its reloader: it serves on the descriptor, and ends with 3 to be
      // restarted (werkzeug/serving.py run_simple, werkzeug/_reloader.py; the same in 2.2 and 3.1).
      variables["WERKZEUG_SERVER_FD"] = "3";
      variables["WERKZEUG_RUN_MAIN"] = "true";
      break;
    case SocketWay::gunicorn:
      add_gunicorn_argument(variables, handed_over);
      break;
    case SocketWay::uvicorn:
      variables["UVICORN_FD"] = "3";
      break;
    case SocketWay::listen_fds:
      variables["LISTEN_FDS"] = "1";  // LISTEN_PID: once there is a pid
      break;
    case SocketWay::bind_flag:
    case SocketWay::none:
      break;
  }
}

}  // namespace

Variables variables_for(const Launch& launch, Variables variables) {
  scrub(variables);
  const std::string port = launch.lease.port.text();
  variables["PORT"] = port;
  variables["HOST"] = loopback;
  variables["FLASK_RUN_PORT"] = port;
  variables["FLASK_RUN_HOST"] = loopback;
  variables["UVICORN_PORT"] = port;
  variables["PORTD_SELF_URL"] = launch.lease.url();
  variables["PORTD_LEASE"] = launch.lease.key.text() + "," + port + "," + std::to_string(launch.launcher);
  variables["PORTD_LEASE_CWD"] = launch.folder.string();
  variables["PORTD_LEASE_FOR"] = launch.own_name;
  add_socket(variables, launch.socket);
  if (launch.gunicorn && launch.socket == SocketWay::none) {
    add_gunicorn_argument(variables, std::string("--bind ") + loopback + ":" + port);
  }
  return variables;
}

}  // namespace portd::client
