#pragma once

#include <functional>
#include <list>

#include "common/time.hpp"
#include "daemon/core/event.hpp"
#include "daemon/task.hpp"

namespace portd::api {

// The requests that wait for something: a free port, a service that changes, the next event. Loop thread only.
class Waiters {
 public:
  explicit Waiters(Executor executor) : executor_(executor) {}

  // Until woken, `deadline`, or the end; whoever waited looks for itself which it was.
  Task<void> wait(SteadyPoint deadline);
  // The same, but woken only by events about which `concerns` says yes. It is copied.
  Task<void> wait(SteadyPoint deadline, std::function<bool(const core::Event&)> concerns);

  void wake_all();
  void wake(const core::Event& event);

  // From now on nobody waits: the server stops.
  void end();
  bool ended() const { return ended_; }

 private:
  struct Waiting {
    Timer timer;
    std::function<bool(const core::Event&)> concerns;
  };
  Executor executor_;
  std::list<Waiting> waiting_;
  bool ended_ = false;
};

}  // namespace portd::api
