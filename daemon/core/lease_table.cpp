#include "daemon/core/lease_table.hpp"

#include <stdexcept>

namespace portd::core {

const Lease* LeaseTable::find(Port port) const {
  auto it = by_port_.find(port);
  return it == by_port_.end() ? nullptr : &it->second;
}

const Lease* LeaseTable::find(const Key& key) const {
  auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : find(it->second);
}

Lease* LeaseTable::runtime(Port port) {
  auto it = by_port_.find(port);
  return it == by_port_.end() ? nullptr : &it->second;
}

void LeaseTable::insert(Lease lease) {
  if (find(lease.port) != nullptr || find(lease.key) != nullptr) {
    throw std::logic_error("two leases for port " + lease.port.text() + " or key " + lease.key.text());
  }
  ports_.insert(lease.port);
  by_key_.emplace(lease.key, lease.port);
  const Port port = lease.port;
  by_port_.emplace(port, std::move(lease));
}

void LeaseTable::replace(Lease lease) {
  Lease& old = by_port_.at(lease.port);
  if (old.key != lease.key) throw std::logic_error("the lease of port " + lease.port.text() + " has another key");
  old = std::move(lease);
}

void LeaseTable::erase(Port port) {
  auto it = by_port_.find(port);
  if (it == by_port_.end()) return;
  by_key_.erase(it->second.key);
  by_port_.erase(it);
  ports_.erase(port);
}

std::vector<Lease> LeaseTable::of_instance(const InstanceKey& key) const {
  std::vector<Lease> found;
  const Key before_all{key.project, key.service, key.instance, ""};
  for (auto it = by_key_.lower_bound(before_all); it != by_key_.end() && instance_of(it->first) == key; ++it) {
    found.push_back(*find(it->second));
  }
  return found;
}

std::vector<Lease> LeaseTable::list(const LeaseFilter& filter) const {
  std::vector<Lease> found;
  for (const auto& [port, lease] : by_port_) {
    if (filter.matches(lease)) found.push_back(lease);
  }
  return found;
}

}  // namespace portd::core
