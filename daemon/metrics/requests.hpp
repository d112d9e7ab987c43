#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Histogram;
class Registry;
}  // namespace prometheus

namespace portd::metrics {

// A route as its figures name it; both views outlive the figures.
struct MeteredRoute {
  std::string_view method;
  std::string_view pattern;  // "/ports/{port}", so that there are only as many series as routes
  bool timed = true;         // what has no end of its own, such as a stream, says nothing by its time
};

// Counts and times the answers by route: portd_http_requests_total, portd_http_request_duration_seconds. Every request
// passes here, so that a series is looked up once, when it is first needed. Loop thread only.
class Requests {
 public:
  // The registry outlives this.
  Requests(prometheus::Registry& registry, const std::vector<MeteredRoute>& routes);

  // `route`: its place in the list. `took`: from the moment the request was whole until its answer was.
  void answered(std::size_t route, int status, std::chrono::nanoseconds took);

 private:
  struct Row {
    MeteredRoute route;
    std::vector<std::pair<int, prometheus::Counter*>> counters{};  // by status; there are few
    prometheus::Histogram* times = nullptr;
  };

  prometheus::Counter& counter_of(Row& row, int status);
  prometheus::Histogram& times_of(Row& row);

  prometheus::Registry& registry_;
  std::vector<Row> rows_;
};

}  // namespace portd::metrics
