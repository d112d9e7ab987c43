#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "client/framework.hpp"
#include "common/lease.hpp"

namespace portd::client {

using Variables = std::map<std::string, std::string>;

// What a service's process learns of its port by its environment.
struct Launch {
  const Lease& lease;
  std::filesystem::path folder;  // the service's working folder
  std::string own_name;          // the key that the folder and the environment give by themselves; empty: unknown
  pid_t launcher;                // who keeps the socket
  SocketWay socket;              // how it takes the one on descriptor 3; none: it opens its port itself
  bool gunicorn = false;         // that knows no variable of its own for the address
};

// `variables` with those of the port: PORT, HOST, FLASK_RUN_PORT, FLASK_RUN_HOST, UVICORN_PORT, PORTD_SELF_URL,
// PORTD_LEASE ("KEY,PORT,LAUNCHER") and PORTD_LEASE_CWD and PORTD_LEASE_FOR, by which a process of another folder or of
// another name knows that they are not meant for it; and what takes the socket. What was addressed to another process
// is taken out: that of a service manager, of a parent's framework, of another launcher.
Variables variables_for(const Launch& launch, Variables variables);

}  // namespace portd::client
