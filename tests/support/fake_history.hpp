#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "daemon/core/archive.hpp"
#include "daemon/core/record.hpp"

namespace portd::test {

// Keeps what it was given, and answers what the test puts there: at once, or when told.
class FakeHistory : public core::Archive, public core::RecordSink {
 public:
  core::Records records;
  bool lost = false;
  bool slow = false;
  std::function<void()> answer_now{};  // what it is asked while it is slow
  core::HistoryQuery asked;
  core::StatisticsQuery asked_sum;
  Result<core::HistoryPage> page = core::HistoryPage{};
  Result<core::Statistics> sums = core::Statistics{};

  void take(core::Records taken) override {
    for (core::Record& record : taken) records.push_back(std::move(record));
  }
  bool take_loss() override { return std::exchange(lost, false); }
  void find(core::HistoryQuery query, Done<core::HistoryPage> done) override {
    asked = std::move(query);
    answer_now = [this, done = std::move(done)] { done(page); };
    if (!slow) answer_now();
  }
  void sum(core::StatisticsQuery query, Done<core::Statistics> done) override {
    asked_sum = query;
    answer_now = [this, done = std::move(done)] { done(sums); };
    if (!slow) answer_now();
  }

  // The records of one kind, in order.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const core::Record& record : records) {
      if (const auto* one = std::get_if<T>(&record)) found.push_back(*one);
    }
    return found;
  }
};

}  // namespace portd::test
