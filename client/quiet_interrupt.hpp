#pragma once

#include <signal.h>

namespace portd::client {

// While it lives, SIGINT (Ctrl-C) ends this process with exit code 0: for verbs that run until they are interrupted,
// and that leave nothing behind. A SIGINT that is ignored stays ignored.
class QuietInterrupt {
 public:
  QuietInterrupt();
  QuietInterrupt(const QuietInterrupt&) = delete;
  QuietInterrupt& operator=(const QuietInterrupt&) = delete;
  ~QuietInterrupt();

 private:
  struct sigaction before_{};
};

}  // namespace portd::client
