#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>

namespace portd::test {

// A loop that runs until something is so.
class LoopWorld : public testing::Test {
 protected:
  template <class F>
  void run_until(F&& so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!so()) {
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("waited twenty seconds in vain");
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(5));
    }
  }
  // What is ready now.
  void settle() {
    loop.restart();
    while (loop.poll() > 0) loop.restart();
  }

  boost::asio::io_context loop{1};
};

}  // namespace portd::test
