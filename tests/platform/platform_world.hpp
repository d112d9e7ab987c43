#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "daemon/platform/platform.hpp"

namespace portd::test {

// The platform that is linked, and what it claims to be able to do.
class PlatformWorld : public testing::Test {
 protected:
  static bool is_linux() { return std::string(platform::platform_name()) == "linux"; }
  static bool can_hold() { return is_linux(); }
  static bool knows_processes() { return is_linux(); }  // start, parent, command, environment
  static bool sees_sockets() { return is_linux(); }     // of others: listeners, TCP peers

  // Runs the loop until `done`; false when that takes absurdly long.
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_one_for(std::chrono::seconds(1));
    }
    return done();
  }

  boost::asio::io_context loop_;
  platform::Platform platform_ = platform::create_platform(loop_);
};

// A lower soft limit for descriptors, while this lives.
class LowDescriptorLimit {
 public:
  explicit LowDescriptorLimit(rlim_t soft) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &low);
  }
  LowDescriptorLimit(const LowDescriptorLimit&) = delete;
  LowDescriptorLimit& operator=(const LowDescriptorLimit&) = delete;
  ~LowDescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

#define SKIP_UNLESS(capability) \
  if (!(capability)) GTEST_SKIP() << #capability " is false on platform " << platform::platform_name()

}  // namespace portd::test
