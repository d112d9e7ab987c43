#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/fan_out/event_reader.hpp"
#include "tests/bench/load/answer_reader.hpp"
#include "tests/bench/load/tally.hpp"
#include "tests/bench/load/target.hpp"

namespace portd::load {

// How many heartbeats are sent, and how fast; each turns the check's status, and so makes two events.
struct Beats {
  std::string path;  // of a ttl check that is passing: /services/SERVICE/checks/CHECK
  std::size_t steady = 300;
  Clock::duration pause = std::chrono::milliseconds(20);  // between two of the steady ones
  std::size_t burst = 100;                                // afterwards, all at once
};

// Readers of GET /events and one who makes the events, on one thread. A delivery is one event at one reader; it takes
// from the moment its heartbeat was sent until its last byte was read.
class FanOut {
 public:
  // Connects; throws std::system_error.
  FanOut(const Target& target, std::size_t readers, Beats beats);
  ~FanOut();
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  // {"deliveries", "steady": {"p50_us", "p99_us", "max_us"}, "burst": {...}, "all": {...}}. Throws std::runtime_error
  // when a heartbeat is refused, a reader is left out or dropped, or nothing happens for 10 s.
  nlohmann::json run();

 private:
  struct Peer {
    int descriptor = -1;
    EventReader events{};
    bool is_reading = false;  // the server has said that it tells
    std::size_t beat = 0;     // to which the last event belonged
    std::size_t seen = 0;     // events
  };

  void add(int descriptor, Peer* peer);
  void subscribe();
  void send_beats();
  std::string beat_text(std::size_t number) const;
  bool over() const;
  void wait_once();
  void read_answers();
  void read_events(Peer& peer);
  void take(Peer& peer, std::string_view block, Clock::time_point now);

  Target target_;
  Beats beats_;
  int epoll_;
  int beating_ = -1;  // the connection of the heartbeats
  AnswerReader answers_;
  std::vector<std::unique_ptr<Peer>> readers_;  // epoll keeps pointers to them
  std::size_t reading_ = 0;
  std::vector<Clock::time_point> sent_;  // by the heartbeat's number
  std::size_t answered_ = 0;
  std::vector<Clock::duration> steady_;
  std::vector<Clock::duration> burst_;
};

}  // namespace portd::load
