#include "daemon/core/dependency_graph.hpp"

#include <algorithm>
#include <set>

namespace portd::core {
namespace {

const std::vector<Dependency>& of(const Dependencies& registered, const InstanceKey& key) {
  static const std::vector<Dependency> none;
  const auto found = registered.find(key);
  return found == registered.end() ? none : found->second;
}

// A path from `from` to `to`, both included; empty when there is none. Depth first, each instance once; without
// recursion, for a chain may be long.
std::vector<InstanceKey> path_between(const Dependencies& registered, const InstanceKey& from, const InstanceKey& to) {
  struct Step {
    InstanceKey key;
    std::size_t next = 0;  // dependency to look at
  };
  std::vector<Step> path{{from}};
  std::set<InstanceKey> seen{from};
  while (!path.empty()) {
    if (path.back().key == to) break;
    const auto& dependencies = of(registered, path.back().key);
    if (path.back().next == dependencies.size()) {
      path.pop_back();
      continue;
    }
    const InstanceKey& next = dependencies[path.back().next++].on;
    if (seen.insert(next).second) path.push_back({next});
  }
  std::vector<InstanceKey> keys;
  for (Step& step : path) keys.push_back(std::move(step.key));
  return keys;
}

using Dependents = std::map<InstanceKey, std::vector<InstanceKey>>;

// Who depends on each, by required dependencies.
Dependents dependents_of(const Dependencies& registered) {
  Dependents dependents;
  for (const auto& [key, dependencies] : registered) {
    for (const Dependency& dependency : dependencies) {
      if (dependency.required) dependents[dependency.on].push_back(key);
    }
  }
  return dependents;
}

}  // namespace

std::vector<InstanceKey> cycle_with(const Dependencies& registered, const InstanceKey& self,
                                    const std::vector<Dependency>& depends_on) {
  for (const Dependency& dependency : depends_on) {
    if (dependency.on == self) return {self, self};
    std::vector<InstanceKey> path = path_between(registered, dependency.on, self);
    if (path.empty()) continue;
    path.push_back(dependency.on);
    return path;
  }
  return {};
}

std::string arrows(const std::vector<InstanceKey>& path) {
  std::string text;
  for (const InstanceKey& key : path) text += (text.empty() ? "" : " → ") + key.text();
  return text;
}

std::vector<InstanceKey> start_order(const Dependencies& registered) {
  std::map<InstanceKey, std::size_t> missing;  // how many dependencies are not yet in the order
  std::map<InstanceKey, std::vector<InstanceKey>> dependents;
  for (const auto& [key, dependencies] : registered) {
    missing[key] += dependencies.size();
    for (const Dependency& dependency : dependencies) {
      missing.try_emplace(dependency.on, 0);
      dependents[dependency.on].push_back(key);
    }
  }
  std::set<InstanceKey> ready;
  for (const auto& [key, count] : missing) {
    if (count == 0) ready.insert(key);
  }
  std::vector<InstanceKey> order;
  while (!ready.empty()) {
    order.push_back(ready.extract(ready.begin()).value());
    const auto found = dependents.find(order.back());
    if (found == dependents.end()) continue;
    for (const InstanceKey& dependent : found->second) {
      if (--missing[dependent] == 0) ready.insert(dependent);
    }
  }
  return order;
}

std::map<InstanceKey, std::vector<InstanceKey>> affected_by(const Dependencies& registered,
                                                            const std::vector<InstanceKey>& critical) {
  const Dependents dependents = dependents_of(registered);
  const auto each_dependent = [&](const InstanceKey& root, const auto& visit) {
    std::set<InstanceKey> seen{root};
    std::vector<InstanceKey> open{root};
    while (!open.empty()) {
      const InstanceKey key = std::move(open.back());
      open.pop_back();
      const auto found = dependents.find(key);
      if (found == dependents.end()) continue;
      for (const InstanceKey& dependent : found->second) {
        if (!seen.insert(dependent).second) continue;
        visit(dependent);
        open.push_back(dependent);
      }
    }
  };
  std::set<InstanceKey> suffering;
  for (const InstanceKey& key : critical) {
    each_dependent(key, [&](const InstanceKey& dependent) { suffering.insert(dependent); });
  }
  std::map<InstanceKey, std::vector<InstanceKey>> affected;
  for (const InstanceKey& root : critical) {
    if (suffering.contains(root)) continue;
    each_dependent(root, [&](const InstanceKey& dependent) { affected[dependent].push_back(root); });
  }
  return affected;
}

}  // namespace portd::core
