#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/machine.hpp"
#include "daemon/core/processes.hpp"

namespace portd::test {

// A process table that tests write.
class FakeProcesses : public core::Processes {
 public:
  struct Entry {
    Holder holder;
    uid_t uid = 1000;
    pid_t parent = 1;
    std::map<std::string, std::string> environment{};
  };
  std::map<pid_t, Entry> table;

  // Starts a process and returns its identity.
  Holder start(pid_t pid, uid_t uid = 1000, pid_t parent = 1, std::string cwd = "/home/dev/shop") {
    Holder holder{{"boot", pid, ++ticks_}, "app", std::move(cwd), TimePoint{}};
    table[pid] = {holder, uid, parent};
    return holder;
  }
  // Ends it; whoever watched is told.
  void exit(pid_t pid) {
    table.erase(pid);
    auto node = watches_.extract(pid);
    if (!node.empty()) node.mapped()();
  }
  bool watched(pid_t pid) const { return watches_.contains(pid); }

  Result<Holder> inspect(pid_t pid, uid_t owner) const override {
    auto it = table.find(pid);
    if (it == table.end() || it->second.uid != owner) {
      return Error{Problem::invalid_value, "pid " + std::to_string(pid) + " is not a live process of yours"};
    }
    return it->second.holder;
  }
  bool alive(const ProcessId& id) const override {
    auto it = table.find(id.pid);
    return it != table.end() && it->second.holder.id == id;
  }
  bool descends(pid_t pid, const ProcessId& ancestor) const override {
    while (true) {
      auto it = table.find(pid);
      if (it == table.end()) return false;
      if (it->second.holder.id == ancestor) return true;
      pid = it->second.parent;
    }
  }
  std::optional<std::string> environment(pid_t pid, const std::string& name) const override {
    auto it = table.find(pid);
    if (it == table.end() || !it->second.environment.contains(name)) return std::nullopt;
    return it->second.environment.at(name);
  }
  void watch(const ProcessId& id, std::function<void()> exited) override {
    watches_.try_emplace(id.pid, std::move(exited));
  }
  void unwatch(const ProcessId& id) override { watches_.erase(id.pid); }

 private:
  std::map<pid_t, std::function<void()>> watches_;
  std::uint64_t ticks_ = 100;
};

// What listens, as tests say.
class FakeListeners : public core::Listeners {
 public:
  std::vector<Listener> listening;
  mutable int identified = 0;  // listeners whose process was asked for

  std::map<pid_t, Origin> origins;

  std::vector<core::OpenSocket> sockets() const override {
    std::vector<core::OpenSocket> open;
    for (const Listener& each : listening) {
      core::OpenSocket socket{each.port, each.protocol, each.address.find(':') != std::string::npos};
      socket.v6_only = each.v6_only;
      std::copy_n(each.address.begin(), std::min(each.address.size(), socket.address.size()), socket.address.begin());
      socket.uid = each.uid;
      socket.inode = each.inode;
      open.push_back(socket);
    }
    return open;
  }
  Listener describe(const core::OpenSocket& socket) const override {
    for (const Listener& each : listening) {
      if (each.port != socket.port || each.protocol != socket.protocol || each.inode != socket.inode) continue;
      Listener bare = each;
      bare.process.reset();
      bare.container.reset();
      return bare;
    }
    return {};
  }
  Origin origin(const ProcessId& process) const override {
    const auto known = origins.find(process.pid);
    return known == origins.end() ? Origin{} : known->second;
  }
  std::optional<Listener> reached_by(const std::string& address, Port port) const override {
    for (const Listener& listener : snapshot()) {
      const bool everywhere = listener.address.empty() || listener.address == "::" || listener.address == "0.0.0.0";
      if (listener.port == port && (everywhere || listener.address == address)) return listener;
    }
    return std::nullopt;
  }
  void identify(std::vector<Listener>& listeners) const override {
    identified += static_cast<int>(listeners.size());
    for (Listener& listener : listeners) {
      for (const Listener& known : listening) {
        if (known.inode == listener.inode) listener.process = known.process;
      }
    }
  }
};

// What listens, with all that tests say of it.
class FakeMachine : public core::Machine {
 public:
  bool awaits = false;  // whose published ports they are

  explicit FakeMachine(const FakeListeners& listeners) : listeners_(listeners) {}

  std::vector<Listener> on(Port port) override {
    std::vector<Listener> found = all();
    std::erase_if(found, [port](const Listener& each) { return each.port != port; });
    return found;
  }
  std::optional<Container> container_of(const Listener& listener) const override {
    for (const Listener& each : listeners_.listening) {
      if (each.inode == listener.inode && each.port == listener.port) return each.container;
    }
    return std::nullopt;
  }
  bool awaits_container(const Listener&) const override { return awaits; }
  std::vector<Listener> all() override {
    std::vector<Listener> sorted = listeners_.listening;
    std::ranges::stable_sort(sorted, {}, &Listener::port);
    return sorted;
  }

 private:
  const FakeListeners& listeners_;
};

}  // namespace portd::test
