#include "daemon/metrics/commits.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace portd::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries commit_changes{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
const prometheus::Histogram::BucketBoundaries commit_seconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                             0.01,   0.025,   0.05,   0.1,   0.25,   1};

}  // namespace

Commits::Commits(prometheus::Registry& registry)
    : sizes_(prometheus::BuildHistogram()
                 .Name("portd_store_commit_changes")
                 .Help("Changes that one commit made durable.")
                 .Register(registry)
                 .Add({}, commit_changes)),
      times_(prometheus::BuildHistogram()
                 .Name("portd_store_commit_duration_seconds")
                 .Help("How long one commit took, fsync included.")
                 .Register(registry)
                 .Add({}, commit_seconds)),
      changes_(prometheus::BuildCounter()
                   .Name("portd_store_changes_total")
                   .Help("Changes that became durable.")
                   .Register(registry)
                   .Add({})) {}

void Commits::committed(std::size_t count, std::chrono::nanoseconds took) {
  sizes_.Observe(static_cast<double>(count));
  times_.Observe(std::chrono::duration<double>(took).count());
  changes_.Increment(static_cast<double>(count));
}

}  // namespace portd::metrics
