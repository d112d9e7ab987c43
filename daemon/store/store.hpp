#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/paths.hpp"
#include "daemon/core/change.hpp"
#include "daemon/core/journal.hpp"

namespace portd::store {

// How the database was found at start-up.
enum class Condition {
  fresh,      // there was none
  good,       // opened as it was
  rebuilt,    // an fsync had failed: copied into a new, synced file first
  read_only,  // cannot be written: served from a copy in memory; no changes
  restored,   // was corrupt and set aside; the newest good backup is in place, with a new epoch
  lost,       // was corrupt and set aside; no good backup, so it starts empty, with a new epoch
};

struct Contents {
  std::vector<Lease> leases;
  std::vector<core::RememberedPort> remembered;
  std::vector<Registration> registrations;
};

struct Status {
  Condition condition = Condition::good;
  std::string detail;         // one sentence for people; empty when all is well
  bool disk_full = false;     // the last commit failed for lack of space; tried again each second
  std::uint64_t commits = 0;  // batches
  std::uint64_t changes = 0;  // durable changes
  std::size_t pending = 0;    // appended and not yet durable
  std::optional<TimePoint> last_backup;
};

// The leases on disk: SQLite, WAL, synchronous=FULL, one connection in EXCLUSIVE mode, owned by one writer thread.
// The journal's side is for the loop thread.
class Store : public core::Journal {
 public:
  struct Options {
    Paths paths;
    // Runs a function on the loop thread, from any thread, in order.
    std::function<void(std::function<void()>)> post;
    // The disk lost a promise (a failed fsync, corruption at run time): nothing more is acknowledged and the
    // daemon must end with exit code 74. Loop thread, once.
    std::function<void(std::string)> fatal;
    Millis backup_interval{std::chrono::hours(1)};
    std::size_t backups_kept = 5;
    // Told of each commit that made changes durable: how many, and how long it took. Writer thread.
    std::function<void(std::size_t changes, std::chrono::nanoseconds took)> on_commit{};
  };

  // Opens, migrates, heals (see Condition). Throws StoreError when nothing helps (exit 74).
  static std::unique_ptr<Store> open(Options options);

  // What was found; moved out, call once.
  virtual Contents take_contents() = 0;

  // Starts the writer thread. `listener` outlives the store.
  virtual void start(core::JournalListener& listener) = 0;

  virtual Status status() const = 0;

  // Forgets remembered ports (they are older than the memory). Not a promise: no waiting.
  virtual void forget(std::vector<Key> keys) = 0;

  // Commits what is pending, writes a backup, closes. Waits for the writer thread. Waiters are called by post.
  virtual void stop() = 0;
};

// Start-up failed; what() tells the next step.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace portd::store
