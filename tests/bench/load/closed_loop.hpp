#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/bench/load/tally.hpp"
#include "tests/bench/load/target.hpp"

namespace portd::load {

// When to stop, whichever comes first.
struct Bounds {
  Clock::duration time = std::chrono::seconds(3);
  std::size_t requests = SIZE_MAX;
};

// Keep-alive connections on one thread, each of which sends its next request as soon as it has the last answer.
// Scripts that are half done when the bounds are reached are finished, uncounted.
class ClosedLoop {
 public:
  // Connects; throws std::system_error.
  ClosedLoop(const Target& target, std::vector<std::unique_ptr<Script>> scripts);
  ~ClosedLoop();
  ClosedLoop(const ClosedLoop&) = delete;
  ClosedLoop& operator=(const ClosedLoop&) = delete;

  // Throws std::runtime_error when the server hangs up or is silent for 10 s.
  nlohmann::json run(const Bounds& bounds);

 private:
  struct Connection {
    int descriptor = -1;
    std::unique_ptr<Script> script;
    AnswerReader reader{};
    Clock::time_point sent{};
  };

  void send_next(Connection& connection);
  void receive(Connection& connection);
  void take(Connection& connection, const Answer& answer);
  void wait_once();
  bool over() const;

  int epoll_;
  std::vector<Connection> connections_;
  std::size_t waiting_ = 0;  // connections with a request under way
  Bounds bounds_;
  Clock::time_point started_{};
  Clock::time_point now_{};
  Clock::time_point ended_{};  // when the last counted answer came
  Tally tally_;
};

}  // namespace portd::load
