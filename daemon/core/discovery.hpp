#pragma once

#include <optional>
#include <vector>

#include "common/service.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/registry.hpp"

namespace portd::core {

// What readers find: the registered instances and how they are. Loop thread only.
class Discovery {
 public:
  // The references must outlive this.
  Discovery(const Registry& registry, const Health& health) : registry_(registry), health_(health) {}

  // In order of their keys.
  std::vector<Instance> list(const InstanceFilter& filter) const;
  // Error: not_found, with the next step.
  Result<Instance> find(const InstanceKey& key) const;

  ServiceGraph graph() const;

 private:
  bool is_satisfied(const Dependency& dependency) const;

  const Registry& registry_;
  const Health& health_;
};

// The worst of them; passing when there is none.
Status worst_of(const std::vector<Instance>& instances);

}  // namespace portd::core
