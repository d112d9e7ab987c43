#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "common/lease.hpp"
#include "daemon/platform/exit_polls.hpp"

namespace portd::platform {

// Tells of the exit of processes at once, by pidfd_open(2) on the event loop. Where there is no pidfd (before Linux
// 5.3, descriptors run short) it polls. Loop thread only; may be destroyed with watches pending.
class ExitWatches {
 public:
  ExitWatches(boost::asio::io_context& loop, ExitPolls::Alive alive);

  // `exited` is called on the loop, once; soon, if the process is gone already. Adding twice is one watch.
  void add(const ProcessId& id, std::function<void()> exited);
  void remove(const ProcessId& id);

 private:
  struct Watch;
  using Key = std::pair<pid_t, std::uint64_t>;
  static Key key_of(const ProcessId& id) { return {id.pid, id.start_ticks}; }

  void wait(const Key& key, const std::shared_ptr<Watch>& watch);
  void report(const Key& key, const std::shared_ptr<Watch>& watch);
  void fire(const Key& key, const std::weak_ptr<Watch>& watch);

  boost::asio::io_context& loop_;
  ExitPolls::Alive alive_;
  ExitPolls polls_;
  std::map<Key, std::shared_ptr<Watch>> watches_;  // shared: a handler on its way looks whether the watch still is
};

}  // namespace portd::platform
