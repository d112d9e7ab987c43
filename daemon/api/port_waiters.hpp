#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <list>

#include "common/time.hpp"
#include "daemon/task.hpp"

namespace portd::api {

// The requests that wait for a port to become free (on_conflict: wait). Loop thread only.
class PortWaiters {
 public:
  explicit PortWaiters(Executor executor) : executor_(executor) {}

  // Until a port was freed, `deadline`, or the end; whoever waited looks for itself which it was.
  Task<void> wait(SteadyPoint deadline);

  void wake_all();

  // From now on nobody waits: the server stops.
  void end();
  bool ended() const { return ended_; }

 private:
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Executor executor_;
  std::list<Timer> waiting_;
  bool ended_ = false;
};

}  // namespace portd::api
