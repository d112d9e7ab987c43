#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "daemon/store/inbox.hpp"
#include "daemon/store/recovery.hpp"
#include "daemon/store/reports.hpp"
#include "daemon/store/revisions.hpp"
#include "daemon/store/store.hpp"
#include "daemon/store/writer.hpp"

namespace portd::store {

// The loop thread's side of the store: knows what is pending and who waits for it.
class DiskStore final : public Store {
 public:
  DiskStore(Options options, Opened opened);
  ~DiskStore() override;

  Contents take_contents() override { return std::move(opened_.contents); }
  void start(core::JournalListener& listener) override;
  Status status() const override;
  void forget(std::vector<Key> keys) override;
  void stop() override;

  Result<void> writable() const override;
  Revision next_revision() override { return revisions_.next(); }
  void append(core::Changes changes) override;
  Revision newest() const override { return newest_; }
  std::optional<Revision> oldest_pending() const override;
  void when_durable(Revision revision, Done done) override;

 private:
  struct Waiter {
    Revision revision;
    Done done;
  };

  Tell poster();
  void handle(Durable report);
  void handle(const Refused& report);
  void handle(Broken report);
  void handle(BackedUp report) { status_.last_backup = report.at; }
  void handle(Degraded report) { degraded_ = std::move(report.detail); }

  core::Changes take_pending(std::size_t appends);
  bool is_durable(const Revision& revision) const;
  void answer_durable();
  void answer_all(const Error& error);
  bool accepting() const;
  Error unwritable() const;

  Options options_;
  Opened opened_;
  core::JournalListener* listener_ = nullptr;
  Inbox inbox_;
  Revisions revisions_;
  Revision newest_;
  Revision durable_;
  std::deque<core::Changes> pending_;  // the writer reads them in place: a deque does not move its elements
  std::uint64_t generation_ = 1;       // of the appends that stand on what is pending
  std::vector<Waiter> waiters_;
  Status status_;
  std::string disk_full_;  // while it is, as far as anybody has tried
  std::string degraded_;
  std::string broken_;  // why nothing more is acknowledged
  bool stopped_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<int>();  // watched by what was posted and runs after this is gone
  std::unique_ptr<Writer> writer_;
};

}  // namespace portd::store
