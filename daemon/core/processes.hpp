#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/lease.hpp"
#include "daemon/core/open_socket.hpp"

namespace portd::core {

// Who talks to us.
struct Caller {
  uid_t uid = 0;
  std::optional<pid_t> pid{};  // of the peer; over the unix socket only
};

// What the rules ask about processes. Loop thread only.
class Processes {
 public:
  virtual ~Processes() = default;

  // Error: invalid_value when the pid is not a live process of `owner` in portd's own pid namespace.
  virtual Result<Holder> inspect(pid_t pid, uid_t owner) const = 0;

  // False once the process has exited, also when its pid is in use again.
  virtual bool alive(const ProcessId& id) const = 0;

  // Whether `pid` is `ancestor` or one of its descendants.
  virtual bool descends(pid_t pid, const ProcessId& ancestor) const = 0;

  // The value of one variable in the environment a process was started with, if it can be read.
  virtual std::optional<std::string> environment(pid_t pid, const std::string& name) const = 0;

  // Watches for the exit of a process; `exited` is called on the loop, once. Watching twice is one watch.
  virtual void watch(const ProcessId& id, std::function<void()> exited) = 0;
  virtual void unwatch(const ProcessId& id) = 0;
};

// What listens on this machine, as the kernel shows it. Loop thread only.
class Listeners {
 public:
  virtual ~Listeners() = default;

  // Every TCP socket that listens and every UDP socket that is bound and not connected, in any order. portd's holds do
  // not listen. Cheap: this is what is asked for all the time.
  virtual std::vector<OpenSocket> sockets() const = 0;

  // What can be said of one of them without looking for its process.
  virtual Listener describe(const OpenSocket& socket) const = 0;

  // Each of the sockets, described.
  std::vector<Listener> snapshot() const;

  // The TCP socket that a connection to this loopback address would reach, without its process; nothing when there is
  // none or the system does not tell. `address`: "127.0.0.1" or "::1".
  virtual std::optional<Listener> reached_by(const std::string& address, Port port) const = 0;

  // Fills in `process` of each, as far as the system allows.
  virtual void identify(std::vector<Listener>& listeners) const = 0;

  // How this process came to be; what the system does not show stays empty. Reads a few files.
  virtual Origin origin(const ProcessId& process) const = 0;
};

}  // namespace portd::core
