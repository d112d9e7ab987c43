#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/backups.hpp"
#include "daemon/store/store.hpp"
#include "tests/support/fault_vfs.hpp"

namespace portd::test {

// The loop of a test: the test's own thread runs what was posted.
class PostQueue {
 public:
  void post(std::function<void()> function) {
    {
      const std::lock_guard lock(mutex_);
      functions_.push_back(std::move(function));
    }
    filled_.notify_one();
  }

  // Runs what comes until the condition holds; fails the test when it does not in a minute.
  void run_until(const std::function<bool()>& condition) {
    while (!condition()) {
      std::unique_lock lock(mutex_);
      if (!filled_.wait_for(lock, std::chrono::minutes(1), [this] { return !functions_.empty(); })) {
        ADD_FAILURE() << "nothing was posted for a minute";
        return;
      }
      run_one(lock);
    }
  }

  // Runs what was posted so far.
  void run_posted() {
    std::unique_lock lock(mutex_);
    while (!functions_.empty()) run_one(lock);
  }

 private:
  void run_one(std::unique_lock<std::mutex>& lock) {
    const auto function = std::move(functions_.front());
    functions_.pop_front();
    lock.unlock();
    function();
    lock.lock();
  }

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::function<void()>> functions_;
};

// A store in a folder of its own on a disk that can be made to fail; the test is the loop and the listener.
class StoreTest : public ::testing::Test, public core::JournalListener {
 protected:
  StoreTest() : faults_(register_fault_vfs()) {
    std::string pattern = std::filesystem::temp_directory_path() / "portd-store-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    paths_ = {folder_ / "state", folder_ / "run"};
    std::filesystem::create_directory(paths_.runtime);
  }
  ~StoreTest() override {
    heal();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void heal() {
    faults_.powercut = false;
    faults_.skip_wal_sync = false;
    faults_.failing_fsync = false;
    faults_.syncs_left = std::numeric_limits<std::int64_t>::max();
    faults_.failing_write = false;
    faults_.space = std::numeric_limits<std::int64_t>::max();
    faults_.sync_delay_ms = 0;
  }

  // Opens and starts a store on the test's folder, or another one, in place of the one before.
  store::Store& open() { return open(paths_); }
  store::Store& open(const Paths& paths) {
    open_unstarted(paths);
    store_->start(*this);
    return *store_;
  }
  store::Store& open_unstarted(const Paths& paths) {
    store_.reset();
    queue_.run_posted();
    store_ = store::Store::open({.paths = paths,
                                 .post = [this](auto function) { queue_.post(std::move(function)); },
                                 .fatal = [this](std::string why) { fatal_.push_back(std::move(why)); },
                                 .backup_interval = backup_interval_,
                                 .on_commit = on_commit_});
    contents_ = store_->take_contents();
    return *store_;
  }
  void stop() {
    store_->stop();
    queue_.run_posted();
  }

  // The files as a power cut would leave them, as a state folder of its own.
  Paths snapshot(const std::string& name) {
    const Paths copy{folder_ / name, paths_.runtime};
    std::filesystem::copy(paths_.state, copy.state, std::filesystem::copy_options::recursive);
    return copy;
  }

  Lease lease(std::uint16_t port, const std::string& service) {
    Lease lease;
    lease.revision = store_->next_revision();
    lease.id = lease.revision.text();
    lease.port = Port(port);
    lease.key.service = service;
    lease.cwd = "/home/me/" + service;
    lease.container = service + "-1";
    lease.created_at = lease.updated_at = lease.last_used_at = TimePoint{Millis{1'700'000'000'123}};
    return lease;
  }
  static core::Change granted(const Lease& lease) {
    return core::LeaseChange{core::ChangeReason::granted, lease.revision, lease.updated_at, std::nullopt, lease};
  }
  core::Change released(const Lease& lease) {
    const TimePoint at{Millis{1'700'000'100'456}};
    return core::LeaseChange{core::ChangeReason::released,
                             store_->next_revision(),
                             at,
                             lease,
                             std::nullopt,
                             core::RememberedPort{lease.key, lease.port, at}};
  }

  Lease grant(std::uint16_t port, const std::string& service) {
    Lease fresh = lease(port, service);
    store_->append({granted(fresh)});
    return fresh;
  }
  // A change of so many leases that a few of them fill a WAL.
  core::Changes many(std::uint16_t count) {
    core::Changes changes;
    for (std::uint16_t i = 0; i < count; ++i) {
      changes.push_back(granted(lease(static_cast<std::uint16_t>(20000 + i), "s" + std::to_string(i))));
    }
    return changes;
  }
  // Waits for everything; the answer.
  std::optional<Error> settle() {
    bool answered = false;
    std::optional<Error> answer;
    store_->when_durable(store_->newest(), [&](const std::optional<Error>& error) {
      answered = true;
      answer = error;
    });
    queue_.run_until([&] { return answered; });
    return answer;
  }
  Lease grant_durably(std::uint16_t port, const std::string& service) {
    Lease granted = grant(port, service);
    EXPECT_FALSE(settle());
    return granted;
  }

  void committed(const core::Changes& changes) override {
    committed_.insert(committed_.end(), changes.begin(), changes.end());
  }
  void undo(const core::Changes& changes) override { undone_.insert(undone_.end(), changes.begin(), changes.end()); }

  static std::vector<std::string> services(const std::vector<Lease>& leases) {
    std::vector<std::string> names;
    for (const Lease& one : leases) names.push_back(one.key.service);
    return names;
  }

  std::vector<std::filesystem::path> backups() const { return store::list_backups(paths_.backups()); }

  DiskFaults& faults_;
  std::filesystem::path folder_;
  Paths paths_;
  Millis backup_interval_{std::chrono::hours(1)};
  std::function<void(std::size_t changes, std::chrono::nanoseconds took)> on_commit_;
  PostQueue queue_;
  core::Changes committed_;
  core::Changes undone_;
  std::vector<std::string> fatal_;
  store::Contents contents_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace portd::test
