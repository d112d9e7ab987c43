#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/core/history.hpp"
#include "daemon/core/statistics.hpp"

// What the loop thread hands over to the history: values, so that nothing else is shared.
namespace portd::core {

// Somebody has a port from `entry.from` on. `identity` tells this possession from every other one.
struct Came {
  std::string identity;
  HistoryEntry entry;
};

// What came under that identity is over.
struct Went {
  std::string identity;
  std::string reason;
  TimePoint at{};
};

// All leases and listeners there are: what was open and is not among them ended while nobody looked, at the last moment
// that is known. Listeners may still be told of in the minute after: they were found again.
struct Census {
  std::vector<Came> present;
  TimePoint at{};
};

// What was counted in a minute, or a part of it: it adds up.
struct MinuteSample {
  TimePoint minute{};  // its beginning
  TimePoint at{};      // when it was handed over: portd was there
  ChangeCounts changes{};
  PortCounts ports{};
  std::vector<ServiceSample> services{};
};

using Record = std::variant<Came, Went, Census, MinuteSample>;
using Records = std::vector<Record>;

// Where records go. Loop thread only.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // Never waits: what does not fit is lost.
  virtual void take(Records records) = 0;

  // Whether something was lost since this was asked last, so that a census is needed.
  virtual bool take_loss() = 0;
};

}  // namespace portd::core
