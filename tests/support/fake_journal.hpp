#pragma once

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "daemon/core/journal.hpp"

namespace portd::test {

// A journal that commits when told (or at once), and fails when told.
class FakeJournal : public core::Journal {
 public:
  bool immediate = true;  // commit within append
  bool read_only = false;
  core::Changes durable;  // everything that was committed, in order

  void attach(core::JournalListener& listener) { listener_ = &listener; }

  Result<void> writable() const override {
    if (read_only) return Error{Problem::store_unavailable, "the store is read-only"};
    return {};
  }
  Revision next_revision() override { return {7, ++next_}; }
  void append(core::Changes changes) override {
    if (!changes.empty()) newest_ = core::revision_of(changes.back());
    if (changes.empty()) return;
    pending_.push_back(std::move(changes));
    if (immediate) commit();
  }
  Revision newest() const override { return newest_; }
  std::optional<Revision> oldest_pending() const override {
    return pending_.empty() ? std::nullopt : std::optional(core::revision_of(pending_.front().front()));
  }
  void when_durable(Revision revision, Done done) override {
    if (revision <= durable_) return done(std::nullopt);
    waiters_.emplace_back(revision, std::move(done));
  }

  // Makes all that is pending durable.
  void commit() {
    while (!pending_.empty()) {
      core::Changes changes = std::move(pending_.front());
      pending_.pop_front();
      if (changes.empty()) continue;
      durable_ = core::revision_of(changes.back());
      durable.insert(durable.end(), changes.begin(), changes.end());
      if (listener_ != nullptr) listener_->committed(changes);
    }
    answer(std::nullopt);
  }
  // Fails all that is pending, as a full disk does.
  void fail(const Error& error = {Problem::disk_full, "the disk is full"}) {
    core::Changes newest_first;
    while (!pending_.empty()) {
      core::Changes& changes = pending_.back();
      newest_first.insert(newest_first.end(), changes.rbegin(), changes.rend());
      pending_.pop_back();
    }
    newest_ = durable_;
    if (listener_ != nullptr) listener_->undo(newest_first);
    answer(error);
  }
  const core::LeaseChange& last_lease_change() const { return std::get<core::LeaseChange>(durable.back()); }
  std::size_t pending() const { return pending_.size(); }

 private:
  void answer(const std::optional<Error>& error) {
    auto waiters = std::exchange(waiters_, {});
    for (auto& [revision, done] : waiters) {
      if (error || revision <= durable_) {
        done(error);
      } else {
        waiters_.emplace_back(revision, std::move(done));
      }
    }
  }

  core::JournalListener* listener_ = nullptr;
  std::uint64_t next_ = 0;
  Revision newest_;
  Revision durable_;
  std::deque<core::Changes> pending_;
  std::vector<std::pair<Revision, Done>> waiters_;
};

}  // namespace portd::test
