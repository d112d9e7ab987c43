#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/port.hpp"
#include "common/time.hpp"
#include "common/vocabulary.hpp"

namespace portd {

// How a check, an instance or a service is. Better ones first: the worst of several is the greatest.
enum class Status { passing, warning, starting, critical, maintenance };
enum class CheckType { http, tcp, ttl, command };

template <>
struct Words<Status> {
  static constexpr std::array<std::pair<Status, std::string_view>, 5> table{{{Status::starting, "starting"},
                                                                             {Status::passing, "passing"},
                                                                             {Status::warning, "warning"},
                                                                             {Status::critical, "critical"},
                                                                             {Status::maintenance, "maintenance"}}};
};
template <>
struct Words<CheckType> {
  static constexpr std::array<std::pair<CheckType, std::string_view>, 4> table{
      {{CheckType::http, "http"}, {CheckType::tcp, "tcp"}, {CheckType::ttl, "ttl"}, {CheckType::command, "command"}}};
};

// How an HTTP check asks, and what it expects.
struct HttpExpectation {
  std::string host{};           // of a `url` that was stated; empty: the instance's
  std::optional<Port> port{};   // the same
  std::string path = "/";       // with its query
  std::string method = "GET";   // GET, HEAD, OPTIONS or POST
  std::vector<int> statuses{};  // that pass; empty: 2xx pass, 429 warns
  std::string body{};           // text that the answer has to contain

  bool operator==(const HttpExpectation&) const = default;
};

// When a check is made and how often it has to say the same before it counts.
struct CheckSchedule {
  Millis interval{10'000};
  Millis timeout{2'000};
  Millis start_interval{250};   // until the first pass, within start_period
  Millis start_period{30'000};  // `starting` until then, whatever fails
  int failures = 3;             // in a row: critical
  int successes = 1;            // in a row: no longer critical

  bool operator==(const CheckSchedule&) const = default;
};

// One check of an instance, as it was declared.
struct Check {
  std::string id;
  CheckType type = CheckType::tcp;
  CheckSchedule schedule{};            // a ttl check's `interval` is its time to live
  HttpExpectation http{};              // of type http
  std::vector<std::string> command{};  // of type command: argv, no shell

  bool operator==(const Check&) const = default;
};

// One check and how it is, as readers see it.
struct CheckReport {
  Check check;
  Status status = Status::starting;
  std::string output{};                                // of the last run; at most 4 KB
  std::optional<TimePoint> last_run{};                 // absent: not yet
  std::optional<std::chrono::microseconds> latency{};  // of the last run

  bool operator==(const CheckReport&) const = default;
};

// PUT /services/{service}/checks/{check}
struct Heartbeat {
  Status status = Status::passing;  // passing, warning or critical
  std::string output{};
};

}  // namespace portd
