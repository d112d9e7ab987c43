#include "daemon/core/discovery.hpp"

#include <algorithm>

namespace portd::core {
namespace {

bool matches(const Registration& registration, const InstanceFilter& filter) {
  const InstanceKey& key = registration.key;
  const auto& tags = registration.declaration.tags;
  return (!filter.project || *filter.project == key.project) && (!filter.service || *filter.service == key.service) &&
         (!filter.instance || *filter.instance == key.instance) &&
         (!filter.tag || std::ranges::find(tags, *filter.tag) != tags.end());
}

// Where the instances of the filter's service begin; they stand together. Without a service: all of them.
auto first_of(const std::map<InstanceKey, Registration>& all, const InstanceFilter& filter) {
  if (!filter.project || !filter.service) return all.begin();
  return all.lower_bound({*filter.project, *filter.service, ""});
}

bool is_past(const InstanceKey& key, const InstanceFilter& filter) {
  return filter.project && filter.service && (key.project != *filter.project || key.service != *filter.service);
}

}  // namespace

std::vector<Instance> Discovery::list(const InstanceFilter& filter) const {
  std::vector<Instance> found;
  const auto& all = registry_.all();
  for (auto at = first_of(all, filter); at != all.end() && !is_past(at->first, filter); ++at) {
    const Registration& registration = at->second;
    if (!matches(registration, filter)) continue;
    Instance instance = health_.view(registration);
    if (!filter.status || *filter.status == instance.status) found.push_back(std::move(instance));
  }
  return found;
}

Result<Instance> Discovery::find(const InstanceKey& key) const {
  const auto registration = registry_.registered(key);
  if (!registration) return registration.error();
  return health_.view(*registration);
}

// Whether a dependent may start: the other runs, or is well.
bool Discovery::is_satisfied(const Dependency& dependency) const {
  const Registration* on = registry_.find(dependency.on);
  if (on == nullptr) return false;
  const Status status = health_.view(*on).status;
  const bool well = status == Status::passing || status == Status::warning;
  if (dependency.condition == Condition::healthy || well) return well;
  const Lease* lease = registry_.lease_of(*on);
  return lease != nullptr && lease->state == LeaseState::listening;
}

ServiceGraph Discovery::graph() const {
  const Dependencies& dependencies = registry_.dependencies();
  ServiceGraph graph;
  for (const InstanceKey& key : start_order(dependencies)) {
    graph.start_order.push_back(key.text());
    const auto instance = find(key);
    graph.nodes.push_back({key, instance ? std::optional(instance->status) : std::nullopt,
                           instance ? instance->affected_by : std::vector<std::string>()});
  }
  std::ranges::sort(graph.nodes, {}, &ServiceGraph::Node::key);
  for (const auto& [from, depends_on] : dependencies) {
    for (const Dependency& dependency : depends_on) {
      graph.edges.push_back({from, dependency.on, dependency.condition, dependency.required, is_satisfied(dependency)});
    }
  }
  return graph;
}

Status worst_of(const std::vector<Instance>& instances) {
  Status worst = Status::passing;
  for (const Instance& instance : instances) worst = std::max(worst, instance.status);
  return worst;
}

}  // namespace portd::core
