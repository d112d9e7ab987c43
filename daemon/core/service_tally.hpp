#pragma once

#include <map>
#include <vector>

#include "daemon/core/health_audience.hpp"
#include "daemon/core/statistics.hpp"

namespace portd::core {

// Adds up how instances are, in memory, until somebody takes it. Loop thread only.
class ServiceTally {
 public:
  void checked(const InstanceKey& key, const Finding& finding);
  void became(const InstanceKey& key, Status status, SteadyPoint now);
  void left(const InstanceKey& key, SteadyPoint now);

  // What has come together since the last time.
  std::vector<ServiceSample> take(SteadyPoint now);

 private:
  struct Present {
    Status status = Status::starting;
    SteadyPoint since{};  // up to here it is counted
  };

  void count(const InstanceKey& key, Present& present, SteadyPoint now);
  ServiceSample& sample(const InstanceKey& key);

  std::map<InstanceKey, Present> present_;
  std::map<InstanceKey, ServiceSample> samples_;
};

}  // namespace portd::core
