#include "daemon/store/inbox.hpp"

#include <iterator>
#include <utility>

namespace portd::store {

template <class Put>
void Inbox::put(Put put) {
  {
    const std::lock_guard lock(mutex_);
    put(work_);
    any_ = true;
  }
  filled_.notify_one();
}

void Inbox::append(Appended appended) {
  put([&](Work& work) { work.appended.push_back(appended); });
}

void Inbox::forget(std::vector<Key> keys) {
  put([&](Work& work) {
    work.forgotten.insert(work.forgotten.end(), std::make_move_iterator(keys.begin()),
                          std::make_move_iterator(keys.end()));
  });
}

void Inbox::reserve(std::uint64_t revision_limit) {
  put([&](Work& work) { work.revision_limit = revision_limit; });
}

void Inbox::stop() {
  put([](Work& work) { work.stop = true; });
}

Work Inbox::take(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  filled_.wait_until(lock, deadline, [this] { return any_; });
  any_ = false;
  return std::exchange(work_, {});
}

}  // namespace portd::store
