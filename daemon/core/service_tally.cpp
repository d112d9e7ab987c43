#include "daemon/core/service_tally.hpp"

#include <utility>

namespace portd::core {
namespace {

bool is_up(Status status) { return status == Status::passing || status == Status::warning; }
bool counts(Status status) { return is_up(status) || status == Status::critical; }

}  // namespace

ServiceSample& ServiceTally::sample(const InstanceKey& key) {
  return samples_.try_emplace(key, ServiceSample{key}).first->second;
}

void ServiceTally::checked(const InstanceKey& key, const Finding& finding) {
  if (finding.verdict == Finding::Verdict::none) return;
  ServiceSample& of = sample(key);
  ++of.checks;
  const bool failed = finding.verdict == Finding::Verdict::fail || finding.verdict == Finding::Verdict::impostor;
  if (failed) {
    ++of.failures;
  } else {
    of.latencies.add(finding.latency);
  }
}

void ServiceTally::became(const InstanceKey& key, Status status, SteadyPoint now) {
  const auto [found, is_new] = present_.try_emplace(key, Present{status, now});
  if (is_new) return;
  count(key, found->second, now);
  found->second.status = status;
}

void ServiceTally::left(const InstanceKey& key, SteadyPoint now) {
  const auto found = present_.find(key);
  if (found == present_.end()) return;
  count(key, found->second, now);
  present_.erase(found);
}

void ServiceTally::count(const InstanceKey& key, Present& present, SteadyPoint now) {
  const auto passed = std::chrono::duration_cast<Millis>(now - std::exchange(present.since, now));
  if (!counts(present.status) || passed <= Millis(0)) return;
  ServiceSample& of = sample(key);
  of.watched += passed;
  if (is_up(present.status)) of.up += passed;
}

std::vector<ServiceSample> ServiceTally::take(SteadyPoint now) {
  for (auto& [key, present] : present_) count(key, present, now);
  std::vector<ServiceSample> taken;
  taken.reserve(samples_.size());
  for (auto& [key, each] : samples_) taken.push_back(std::move(each));
  samples_.clear();
  return taken;
}

}  // namespace portd::core
