#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "common/error.hpp"
#include "daemon/core/record.hpp"
#include "daemon/store/history_limits.hpp"

namespace portd::store {

using HistoryQuestion = std::variant<core::HistoryQuery, core::StatisticsQuery>;
using HistoryAnswer = std::variant<core::HistoryPage, core::Statistics, Error>;

// Everything that was queued since the last look.
struct HistoryWork {
  struct Asked {
    std::uint64_t id = 0;
    HistoryQuestion question;
    std::chrono::steady_clock::time_point at{};
  };
  std::deque<core::Records> batches;
  std::size_t records = 0;  // in all batches
  std::vector<Asked> asked;
  std::optional<HistoryLimits> limits;
  bool stop = false;  // nothing comes after this
};

// From the loop thread to the history thread; holds the history's only mutex. Bounded: a history thread that cannot
// follow costs records, never memory or time of the loop.
class HistoryInbox {
 public:
  static constexpr std::size_t capacity = 16'384;

  // False, and nothing taken, when they do not fit. Moves no record while it has the mutex.
  bool put(core::Records records);
  void ask(std::uint64_t id, HistoryQuestion question);
  void use(HistoryLimits limits);
  void stop();
  bool stopping() const { return stop_; }  // any thread

  // Waits for work, but no longer than `at_most`: there is something to do then. With records alone it waits for more
  // of them, so that a busy second is one transaction.
  HistoryWork take(std::optional<Millis> at_most = std::nullopt);

 private:
  bool urgent() const { return stop_ || !work_.asked.empty() || work_.records >= enough; }
  bool any() const { return stop_ || !work_.asked.empty() || work_.records > 0 || work_.limits; }

  static constexpr std::size_t enough = 4'096;  // records that are written without waiting for more

  std::mutex mutex_;
  std::condition_variable filled_;
  HistoryWork work_;
  std::atomic<bool> stop_ = false;  // set under the mutex, so that a waiting take() sees it
};

}  // namespace portd::store
