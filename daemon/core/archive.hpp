#pragma once

#include <chrono>
#include <functional>

#include "common/error.hpp"
#include "daemon/core/history.hpp"
#include "daemon/core/statistics.hpp"

namespace portd::core {

// What was recorded, for readers. Loop thread only.
class Archive {
 public:
  virtual ~Archive() = default;

  template <class T>
  using Done = std::function<void(Result<T>)>;

  static constexpr std::chrono::seconds longest_wait{4};  // for an answer

  // Both call `done` once, on the loop thread, later or never: whoever asks bounds the wait. What was handed over
  // before is in the answer. Error: store_unavailable, overloaded.
  virtual void find(HistoryQuery query, Done<HistoryPage> done) = 0;
  virtual void sum(StatisticsQuery query, Done<Statistics> done) = 0;
};

}  // namespace portd::core
