#pragma once

#include <optional>

#include "common/time.hpp"
#include "daemon/api/request.hpp"

namespace portd::api {

// One line in the log for a request, where that is at debug; else it costs nothing.
class RequestLog {
 public:
  // The request was read now, and outlives this.
  explicit RequestLog(const Request& request);

  void answered(int status) const;

 private:
  const Request& request_;
  std::optional<SteadyPoint> begin_;
};

// Of one that was not even read whole.
void log_refused(const Error& error);

}  // namespace portd::api
