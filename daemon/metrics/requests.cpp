#include "daemon/metrics/requests.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

namespace portd::metrics {
namespace {

prometheus::Labels labels_of(const MeteredRoute& route) {
  return {{"method", std::string(route.method)}, {"route", std::string(route.pattern)}};
}

// From what is answered out of memory to a commit on a slow disk, and a request that waits for a port.
const prometheus::Histogram::BucketBoundaries request_seconds{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                              0.01,    0.025,  0.05,    0.1,    0.5,   2.5,    10};

}  // namespace

Requests::Requests(prometheus::Registry& registry, const std::vector<MeteredRoute>& routes) : registry_(registry) {
  for (const MeteredRoute& route : routes) rows_.push_back({route});
}

void Requests::answered(std::size_t route, int status, std::chrono::nanoseconds took) {
  Row& row = rows_.at(route);
  counter_of(row, status).Increment();
  if (row.route.timed) times_of(row).Observe(std::chrono::duration<double>(took).count());
}

prometheus::Counter& Requests::counter_of(Row& row, int status) {
  for (const auto& [known, counter] : row.counters) {
    if (known == status) return *counter;
  }
  auto& family = prometheus::BuildCounter()
                     .Name("portd_http_requests_total")
                     .Help("Answers by route and status; HEAD counts as GET, a stream once it has ended.")
                     .Register(registry_);
  prometheus::Labels labels = labels_of(row.route);
  labels.emplace("status", std::to_string(status));
  row.counters.emplace_back(status, &family.Add(labels));
  return *row.counters.back().second;
}

prometheus::Histogram& Requests::times_of(Row& row) {
  if (row.times != nullptr) return *row.times;
  auto& family = prometheus::BuildHistogram()
                     .Name("portd_http_request_duration_seconds")
                     .Help("From the moment a request was read until its answer was made; waiting included.")
                     .Register(registry_);
  row.times = &family.Add(labels_of(row.route), request_seconds);
  return *row.times;
}

}  // namespace portd::metrics
