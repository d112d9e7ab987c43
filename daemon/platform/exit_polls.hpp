#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "common/lease.hpp"

namespace portd::platform {

// Watches for the exit of processes where the system tells nobody: asks for all of them 20 times a second, with one
// timer that runs only while there is something to ask. Loop thread only; may be destroyed with watches pending.
class ExitPolls {
 public:
  using Alive = std::function<bool(const ProcessId&)>;

  ExitPolls(boost::asio::io_context& loop, Alive alive) : timer_(loop), alive_(std::move(alive)) {}

  // `exited` is called on the loop, once. Adding twice is one watch.
  void add(const ProcessId& id, std::function<void()> exited);
  void remove(const ProcessId& id);
  bool contains(const ProcessId& id) const { return watches_.contains(key_of(id)); }

 private:
  using Watches = std::map<std::pair<pid_t, std::uint64_t>, std::pair<ProcessId, std::function<void()>>>;
  static Watches::key_type key_of(const ProcessId& id) { return {id.pid, id.start_ticks}; }

  void arm();
  void poll();

  boost::asio::steady_timer timer_;
  Alive alive_;
  Watches watches_;
  bool armed_ = false;
  std::shared_ptr<int> here_ = std::make_shared<int>();  // shared with the timer's handler, which may outlive this
};

}  // namespace portd::platform
