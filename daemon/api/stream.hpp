#pragma once

#include <string_view>

#include "daemon/task.hpp"

namespace portd::api {

// An answer without an end, on a connection that serves nothing else afterwards.
class Stream {
 public:
  virtual ~Stream() = default;

  // Sends the head. `headers`: whole lines. False: the client is gone.
  virtual Task<bool> open(std::string_view headers) = 0;
  // Returns once the system has taken it all, and keeps no view of it; false: the client is gone, or has taken nothing
  // for long.
  virtual Task<bool> write(std::string_view bytes) = 0;
};

}  // namespace portd::api
