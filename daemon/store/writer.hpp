#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "daemon/store/backups.hpp"
#include "daemon/store/database.hpp"
#include "daemon/store/failure.hpp"
#include "daemon/store/inbox.hpp"
#include "daemon/store/reports.hpp"

namespace portd::store {

// The thread that owns the database: takes everything queued, one COMMIT, then answers, and only then does what
// can wait (checkpoint, backup).
class Writer {
 public:
  struct Options {
    Paths paths;
    Millis backup_interval;
    std::size_t backups_kept;
    bool backup_due;  // something is in the database that is in no backup
    std::function<void(std::size_t changes, std::chrono::nanoseconds took)> on_commit{};  // see Store::Options
  };

  // `tell` is called on the writer thread. `inbox` outlives this.
  Writer(std::unique_ptr<Database> database, Inbox& inbox, Options options, Tell tell);
  ~Writer();  // joins; the inbox must have been told to stop

 private:
  using SteadyClock = std::chrono::steady_clock;

  void run();
  void commit(Work work);
  void answer(const std::vector<const core::Changes*>& appends, const Batch& batch);
  void tell_commit(const std::vector<const core::Changes*>& appends, std::chrono::nanoseconds took) const;
  void refuse(const SQLite::Exception& error, const Work& work);
  void try_again();
  void break_off(const std::string& why);

  void upkeep();
  void checkpoint();
  bool newest_backup_is_old() const;
  void begin_backup();
  void step_backup();
  void give_up_backup(const std::string& why);
  void tell_trouble();
  void close();

  SteadyClock::time_point next_duty() const;

  std::unique_ptr<Database> database_;
  Inbox& inbox_;
  Options options_;
  Tell tell_;
  std::unique_ptr<BackupRun> backup_;  // after database_: it must go first
  SteadyClock::time_point next_backup_;
  std::optional<std::uint64_t> wanted_limit_;        // asked for and not yet durable
  std::optional<SteadyClock::time_point> retry_at_;  // of the reservation; on a full disk in any case
  std::uint64_t refused_generation_ = 0;
  bool broken_ = false;
  std::string backup_trouble_;
  std::string told_trouble_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace portd::store
