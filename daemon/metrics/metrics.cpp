#include "daemon/metrics/metrics.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "daemon/metrics/figures.hpp"
#include "daemon/metrics/process_figures.hpp"

namespace portd::metrics {
namespace {

// https://prometheus.io/docs/practices/naming/ has no value for what is only a label: 1.
prometheus::MetricFamily build_info() {
  auto family = family_of("portd_build_info", "Which portd this is; always 1.", prometheus::MetricType::Gauge);
  add(family, 1, "version", PORTD_VERSION);
  return family;
}

}  // namespace

Metrics::Metrics(TimePoint started_at)
    : registry_(std::make_unique<prometheus::Registry>()),
      commits_(*registry_),
      events_(*registry_),
      started_at_(started_at) {}

Metrics::~Metrics() = default;

std::string Metrics::text(const State& state) const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  std::ranges::move(state_figures(state), std::back_inserter(families));
  std::ranges::move(process_figures(started_at_), std::back_inserter(families));
  families.push_back(build_info());
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace portd::metrics
