#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "daemon/core/change.hpp"

namespace portd::store {

// One append. The changes belong to the loop thread, which keeps them unchanged until the writer has answered;
// after a refusal the writer never looks at those of the same or an older generation again.
struct Appended {
  std::uint64_t generation = 0;
  const core::Changes* changes = nullptr;
};

// Everything that was queued since the last look.
struct Work {
  std::vector<Appended> appended;
  std::vector<Key> forgotten;
  std::optional<std::uint64_t> revision_limit;  // the newest one asked for
  bool stop = false;                            // nothing comes after this
};

// From the loop thread to the writer thread; holds the store's only mutex.
class Inbox {
 public:
  void append(Appended appended);
  void forget(std::vector<Key> keys);
  void reserve(std::uint64_t revision_limit);
  void stop();

  // Waits for work, at most until `deadline`.
  Work take(std::chrono::steady_clock::time_point deadline);

 private:
  template <class Put>
  void put(Put put);

  std::mutex mutex_;
  std::condition_variable filled_;
  Work work_;
  bool any_ = false;
};

}  // namespace portd::store
