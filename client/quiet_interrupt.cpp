#include "client/quiet_interrupt.hpp"

#include <unistd.h>

namespace portd::client {

QuietInterrupt::QuietInterrupt() {
  struct sigaction quiet{};
  quiet.sa_handler = [](int) { ::_exit(0); };  // async-signal-safe (signal-safety(7)); every line is flushed already
  ::sigaction(SIGINT, nullptr, &before_);
  if (before_.sa_handler != SIG_IGN) ::sigaction(SIGINT, &quiet, nullptr);
}

QuietInterrupt::~QuietInterrupt() { ::sigaction(SIGINT, &before_, nullptr); }

}  // namespace portd::client
