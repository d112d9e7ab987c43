#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/bench/load/script.hpp"

namespace portd::load {

using Clock = std::chrono::steady_clock;

// {"p50_us", "p99_us"}
nlohmann::json percentiles(std::vector<Clock::duration> latencies);

// What was counted and how long each took.
class Tally {
 public:
  void count(Kind kind, Clock::duration latency) { latencies_[kind].push_back(latency); }
  // The first wrong answer is kept as an example.
  void count_error(const Answer& answer);

  std::size_t requests() const;
  // {"requests", "errors", "example", "seconds", "rate", "p50_us", "p99_us", "grant": {"p50_us", ...}, ...}
  nlohmann::json report(Clock::duration time) const;

 private:
  std::map<Kind, std::vector<Clock::duration>> latencies_;
  std::size_t errors_ = 0;
  std::string example_;
};

}  // namespace portd::load
