#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/alert.hpp"

namespace portd::test {

// A loop that runs until something is so.
class NotifyWorld : public ::testing::Test {
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

inline Alert alert_number(int number, AlertState state = AlertState::raised) {
  Alert alert;
  alert.id = "a-beef-" + std::to_string(number);
  alert.subject = "20100";
  alert.detail = "port 20100 is leased to shop";
  alert.state = state;
  return alert;
}

}  // namespace portd::test
