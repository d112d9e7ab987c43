#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/vocabulary.hpp"

// Families whose values are known when they are asked for.
namespace portd::metrics {

inline prometheus::MetricFamily family_of(std::string name, std::string help, prometheus::MetricType type) {
  return {std::move(name), std::move(help), type, {}};
}

inline void add(prometheus::MetricFamily& family, double value, std::string_view label = "",
                std::string_view word = "") {
  prometheus::ClientMetric metric;
  if (!label.empty()) metric.label = {{std::string(label), std::string(word)}};
  metric.gauge.value = value;
  metric.counter.value = value;
  family.metric.push_back(std::move(metric));
}

// One value, without a label.
inline prometheus::MetricFamily figure(std::string name, std::string help, double value,
                                       prometheus::MetricType type = prometheus::MetricType::Gauge) {
  prometheus::MetricFamily family = family_of(std::move(name), std::move(help), type);
  add(family, value);
  return family;
}

// How many there are of each word of a vocabulary; a word of which there is none is 0, so that no series comes and
// goes.
template <class E>
class Tally {
 public:
  void count(E value) { ++counts_[value]; }

  prometheus::MetricFamily family(std::string name, std::string help, std::string_view label) const {
    prometheus::MetricFamily made = family_of(std::move(name), std::move(help), prometheus::MetricType::Gauge);
    for (const auto& [value, word] : Words<E>::table) {
      const auto found = counts_.find(value);
      add(made, found == counts_.end() ? 0.0 : static_cast<double>(found->second), label, word);
    }
    return made;
  }

 private:
  std::map<E, std::size_t> counts_;
};

}  // namespace portd::metrics
