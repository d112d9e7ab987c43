#include "daemon/store/history_inbox.hpp"

#include <chrono>
#include <utility>

namespace portd::store {
namespace {

constexpr Millis gathering{1'000};

}  // namespace

bool HistoryInbox::put(core::Records records) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (work_.records + records.size() > capacity && work_.records > 0) return false;
    const bool was_idle = !any();
    work_.records += records.size();
    work_.batches.push_back(std::move(records));
    wake = was_idle || urgent();
  }
  if (wake) filled_.notify_one();
  return true;
}

void HistoryInbox::ask(std::uint64_t id, HistoryQuestion question) {
  {
    const std::lock_guard lock(mutex_);
    work_.asked.push_back({id, std::move(question), std::chrono::steady_clock::now()});
  }
  filled_.notify_one();
}

void HistoryInbox::use(HistoryLimits limits) {
  {
    const std::lock_guard lock(mutex_);
    work_.limits = limits;
  }
  filled_.notify_one();
}

void HistoryInbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  filled_.notify_one();
}

HistoryWork HistoryInbox::take(std::optional<Millis> at_most) {
  std::unique_lock lock(mutex_);
  if (!at_most) filled_.wait(lock, [this] { return any(); });
  if (!work_.limits) filled_.wait_for(lock, at_most.value_or(gathering), [this] { return urgent(); });
  HistoryWork taken = std::exchange(work_, {});
  taken.stop = stop_;
  return taken;
}

}  // namespace portd::store
