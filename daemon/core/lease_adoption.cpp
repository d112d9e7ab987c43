// POST /ports with "adopt": what listens already gets a lease, and is not touched.
#include <algorithm>
#include <utility>

#include "daemon/core/identity.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/occupancy.hpp"

namespace portd::core {
namespace {

Fact fact_of(Port port) { return {"port", std::int64_t{port.number()}}; }

Error nobody_listens(Port port) {
  return {Problem::not_found,
          "nobody listens on port " + port.text() +
              ", so there is nothing to adopt; start the server first, or ask for the port without \"adopt\"",
          {fact_of(port)}};
}

Error not_to_be_adopted(Port port, const Listener& listener, uid_t owner, pid_t self) {
  std::string who = describe(listener);
  if (listener.process) who += " of user " + listener.user;
  std::string why = "belongs to " + who + "; portd adopts programs of its own user only";
  if (listener.process && listener.process->id.pid == self) {
    why = "is portd's own; nobody else gets it, and it needs no lease";
  } else if (listener.uid == owner) {
    why = "belongs to " + who +
          " that the system does not show; portd adopts only what it sees: sudo lsof -nP -i :" + port.text() +
          " shows which it is";
  }
  return {Problem::forbidden, "port " + port.text() + " " + why, {fact_of(port), {"user", listener.user}}};
}

// What a lease is for when both protocols are there.
Protocol protocol_of(const std::vector<Listener>& listeners) {
  const bool tcp = std::ranges::any_of(listeners, [](const auto& each) { return each.protocol == Protocol::tcp; });
  return tcp ? Protocol::tcp : Protocol::udp;
}

bool is_to_be_adopted(const Listener& listener, uid_t owner, pid_t self) {
  if (listener.container) return true;  // whoever runs its proxy
  return listener.process && listener.uid == owner && listener.process->id.pid != self;
}

// The server: all of its sockets have to be such that they may be adopted.
Result<Listener> server_of(Port port, const std::vector<Listener>& listeners, uid_t owner, pid_t self) {
  const Protocol protocol = protocol_of(listeners);
  const Listener* server = nullptr;
  for (const Listener& each : listeners) {
    if (each.protocol != protocol) continue;
    if (!is_to_be_adopted(each, owner, self)) return not_to_be_adopted(port, each, owner, self);
    if (server == nullptr) server = &each;
  }
  return *server;
}

std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A service that nobody has named is called as its container or folder, else as its program.
std::string name_for(const Listener& server, Port port) {
  std::string name = to_name(server.container ? server.container->name : last_of(server.process->cwd));
  if (name.empty() && !server.container) {
    const std::string& command = server.process->command;
    name = to_name(last_of(command.substr(0, command.find(' '))));
  }
  return name.empty() ? "port-" + port.text() : name;
}

Key stated_key(const GrantRequest& request, const std::string& otherwise) {
  return {request.project, request.service.value_or(otherwise), request.instance, request.roles.front()};
}

Key key_for(const GrantRequest& request, const Listener& server) {
  if (!request.service && server.container) {
    if (const auto label = Key::parse(server.container->key)) return *label;
  }
  return stated_key(request, name_for(server, *request.port));
}

Error has_another_port(const Lease& lease, Port port) {
  return {Problem::key_conflict,
          lease.key.text() + " is leased port " + lease.port.text() + "; release that first, or adopt port " +
              port.text() + " under another name",
          {fact_of(lease.port), {"key", lease.key.text()}}};
}

// portd serves on no leased port: a socket that it is about to hand over has no process yet.
std::vector<Listener> without_process(pid_t self, std::vector<Listener> listeners) {
  for (Listener& each : listeners) {
    if (each.process && each.process->id.pid == self) each.process.reset();
  }
  return listeners;
}

// The terms under which the server would have been granted its port.
GrantRequest terms_of(const GrantRequest& request, const Lease& lease, const Listener& server) {
  GrantRequest terms = request;
  if (lease.protocol != Protocol::both) terms.protocol = server.protocol;
  return terms;
}

}  // namespace

Result<Granted> Leases::adopt_running(const GrantRequest& request, const std::vector<Listener>& listeners,
                                      const Caller& caller, pid_t self, Now now) {
  if (auto writable = journal_.writable(); !writable) return writable.error();
  const Port port = *request.port;
  if (listeners.empty()) return nobody_listens(port);
  const auto server = server_of(port, listeners, caller.uid, self);
  const Lease* leased = table_.find(port);
  if (!server && leased == nullptr) return server.error();
  const Key key = server ? key_for(request, *server) : stated_key(request, "");
  if (leased == nullptr ? releasing_.contains(port) : leased->key != key) return conflict(port, key);
  if (!server) return server.error();
  if (const Lease* own = table_.find(key); own != nullptr && own->port != port) return has_another_port(*own, port);
  const Running running{*server, without_process(self, listeners), caller.uid};
  return leased == nullptr ? adopt_new(request, key, running, now) : adopt_again(request, Lease(*leased), running, now);
}

// The hold is taken once the server has ended, as it is after a restart of portd.
Result<Granted> Leases::adopt_new(const GrantRequest& request, const Key& key, const Running& running, Now now) {
  const Port port = running.server.port;
  Lease lease;
  lease.port = port;
  lease.key = key;
  lease.protocol = running.server.protocol;
  lease.hold = hold_of(request);
  take_over(lease, request, running.server);
  lease.holder_alive = lease.holder && processes_.alive(lease.holder->id);
  lease.state = state_of(lease, running);
  lease.created_at = lease.last_used_at = now.wall;
  Changes changes{apply(ChangeReason::granted, std::nullopt, std::move(lease), now)};
  Granted granted{{view(*table_.find(port))}, true, true, revision_of(changes.back())};
  append(std::move(changes), now);
  return granted;
}

Result<Granted> Leases::adopt_again(const GrantRequest& request, const Lease& lease, const Running& running, Now now) {
  const Listener& server = running.server;
  if (auto same = check_same_terms(terms_of(request, lease, server), lease); !same) return same.error();
  if (auto vacant = check_not_running(server.container ? std::nullopt : server.process, lease); !vacant) {
    return vacant.error();
  }
  Lease after = lease;
  take_over(after, request, server);
  if (is_due_for_touch(lease, now)) after.last_used_at = now.wall;
  const bool changed = after != lease;
  if (changed) append({apply(ChangeReason::changed, lease, std::move(after), now)}, now);
  set_state(lease.port, state_of(*table_.find(lease.port), running));
  const Lease& current = *table_.find(lease.port);
  return Granted{{view(current)}, false, changed, current.revision};
}

// Others may listen on the port beside the server.
LeaseState Leases::state_of(const Lease& lease, const Running& running) const {
  return judge(lease, running.all, processes_, running.owner).state;
}

// A folder that is recorded stays, as long as the server is in it.
void Leases::take_over(Lease& lease, const GrantRequest& request, const Listener& server) const {
  if (server.container) {
    lease.container = server.container->name;
    lease.cwd = request.cwd.value_or(lease.cwd);
    return;
  }
  const bool vacant = !lease.holder || !processes_.alive(lease.holder->id);
  if (vacant) lease.holder = server.process;
  const std::string& cwd = server.process->cwd;
  if (lease.cwd.empty() || !lies_in(cwd, lease.cwd)) lease.cwd = cwd;
  if (request.cwd) lease.cwd = *request.cwd;
}

}  // namespace portd::core
