#pragma once

#include "common/service.hpp"
#include "daemon/core/prober.hpp"

namespace portd::core {

// Hears how instances are, as Health judges it. Loop thread only.
class HealthAudience {
 public:
  virtual ~HealthAudience() = default;

  // A check of the instance was made.
  virtual void checked(const InstanceKey& key, const Finding& finding) = 0;
  // The instance is new, or its status is another.
  virtual void became(const InstanceKey& key, Status status) = 0;
  virtual void left(const InstanceKey& key) = 0;
};

}  // namespace portd::core
