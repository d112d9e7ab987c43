#pragma once

#include <map>

#include "daemon/core/event.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace portd::metrics {

// What was told, and to how many: portd_events_total, portd_event_readers. Loop thread only.
class Events {
 public:
  // The registry outlives this.
  explicit Events(prometheus::Registry& registry);

  void published(const core::Event& event);

  // Somebody reads GET /events for as long as this lives.
  class Reader {
   public:
    explicit Reader(Events& events) : events_(events) { events_.readers_changed(+1); }
    ~Reader() { events_.readers_changed(-1); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    Events& events_;
  };

 private:
  void readers_changed(int by);

  std::map<core::EventKind, prometheus::Counter*> counters_;
  prometheus::Gauge& readers_;
};

}  // namespace portd::metrics
