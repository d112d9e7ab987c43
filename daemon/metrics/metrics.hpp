#pragma once

#include <memory>
#include <string>

#include "daemon/metrics/commits.hpp"
#include "daemon/metrics/events.hpp"
#include "daemon/metrics/requests.hpp"
#include "daemon/metrics/state_figures.hpp"

namespace portd::metrics {

// The figures of portd for Prometheus. What happens is counted where it does; what is, is counted when somebody asks.
class Metrics {
 public:
  // `started_at`: of the process.
  explicit Metrics(TimePoint started_at);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Commits& commits() { return commits_; }
  Events& events() { return events_; }
  Requests requests(const std::vector<MeteredRoute>& routes) { return {*registry_, routes}; }

  // All figures in the text format of Prometheus, version 0.0.4. Loop thread.
  std::string text(const State& state) const;

 private:
  std::unique_ptr<prometheus::Registry> registry_;
  Commits commits_;
  Events events_;
  TimePoint started_at_;
};

}  // namespace portd::metrics
