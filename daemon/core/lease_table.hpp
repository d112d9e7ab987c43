#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "common/lease.hpp"
#include "common/service.hpp"
#include "daemon/core/change.hpp"
#include "daemon/core/port_set.hpp"

namespace portd::core {

// The live leases, by port and by key: one lease a port, one lease a key (promise P2).
class LeaseTable {
 public:
  const Lease* find(Port port) const;
  const Lease* find(const Key& key) const;

  // Neither the port nor the key may be in the table.
  void insert(Lease lease);
  // The lease of the port must exist.
  void replace(Lease lease);
  void erase(Port port);

  // What is true only now; no revision, not stored.
  Lease* runtime(Port port);

  const PortSet& ports() const { return ports_; }
  std::size_t size() const { return by_port_.size(); }

  // In order of ports.
  std::vector<Lease> list(const LeaseFilter& filter) const;
  // Every role of one instance, in order of their names.
  std::vector<Lease> of_instance(const InstanceKey& key) const;
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& [port, lease] : by_port_) visit(lease);
  }

 private:
  std::map<Port, Lease> by_port_;
  std::map<Key, Port> by_key_;
  PortSet ports_;
};

}  // namespace portd::core
