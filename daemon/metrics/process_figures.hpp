#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "common/time.hpp"

namespace portd::metrics {

// The process_* figures that every client library of Prometheus has
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics); those of memory where there is /proc.
std::vector<prometheus::MetricFamily> process_figures(TimePoint started_at);

}  // namespace portd::metrics
