#pragma once

#include <chrono>
#include <cstddef>

namespace prometheus {
class Counter;
class Histogram;
class Registry;
}  // namespace prometheus

namespace portd::metrics {

// What the store's commits are: portd_store_commit_changes, portd_store_commit_duration_seconds,
// portd_store_changes_total. Any thread.
class Commits {
 public:
  // The registry outlives this.
  explicit Commits(prometheus::Registry& registry);

  // So many changes became durable in one commit.
  void committed(std::size_t changes, std::chrono::nanoseconds took);

 private:
  prometheus::Histogram& sizes_;
  prometheus::Histogram& times_;
  prometheus::Counter& changes_;
};

}  // namespace portd::metrics
