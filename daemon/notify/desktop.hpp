#pragma once

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/alert.hpp"

namespace portd::notify {

// The program that shows an alert on the desktop, and its arguments: notify-send(1), on macOS osascript(1). Nothing
// where there is no desktop: no session bus. `variable`: of the environment, empty when it is not set.
std::optional<std::vector<std::string>> desktop_command(const Alert& alert,
                                                        const std::function<std::string(const char*)>& variable);

// Shows alerts on the desktop, one program after the other, each with a time-out; those of one kind and subject at most
// once a minute. Where there is no desktop, nothing happens. Loop thread only.
class Desktop {
 public:
  // What to run for an alert, if anything.
  using Command = std::function<std::optional<std::vector<std::string>>(const Alert&)>;

  // `descriptors`: the soft RLIMIT_NOFILE of the programs. `loop` must outlive it.
  Desktop(boost::asio::io_context& loop, Command command, std::optional<rlim_t> descriptors);
  Desktop(const Desktop&) = delete;
  Desktop& operator=(const Desktop&) = delete;
  ~Desktop();

  void show(const Alert& alert);

 private:
  class Crier;
  std::shared_ptr<Crier> crier_;  // shared with its coroutine
};

}  // namespace portd::notify
