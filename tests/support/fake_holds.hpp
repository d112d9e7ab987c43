#pragma once

#include <fcntl.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/holds.hpp"

namespace portd::test {

// Holds whose kernel is a set of ports that others occupy.
class FakeHolds : public core::Holds {
 public:
  std::set<Port> foreign;          // somebody else is bound: taking fails
  std::set<Port> time_wait;        // only an own_port claim passes
  std::map<Port, HoldMode> taken;  // what is held now
  std::vector<Port> dropped;       // in order
  std::vector<std::pair<Port, std::string>> listened;
  bool descriptors_short = false;
  int takes = 0;

  Outcome take(Port port, Protocol protocol, HoldMode mode, Claim claim) override {
    ++takes;
    if (foreign.contains(port)) return Outcome::in_use;
    if (time_wait.contains(port) && claim == Claim::new_port) return Outcome::in_use;
    if (mode == HoldMode::none || protocol == Protocol::udp) return Outcome::probed;
    if (descriptors_short) return Outcome::no_descriptors;
    taken[port] = mode;
    return Outcome::held;
  }
  void drop(Port port) override {
    if (taken.erase(port) > 0) dropped.push_back(port);
  }
  void set_mode(Port port, HoldMode mode) override {
    if (auto it = taken.find(port); it != taken.end()) it->second = mode;
  }
  bool held(Port port) const override { return taken.contains(port); }
  Result<Descriptor> listen(Port port, const ListenAddress& address) override {
    if (foreign.contains(port)) return Error{Problem::port_in_use, "in use"};
    listened.emplace_back(port, address.text());
    return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
};

}  // namespace portd::test
