#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>

namespace portd::test {

// What the disk under SQLite does wrong. Takes effect at once, from any thread, for every file of the process.
struct DiskFaults {
  // Writes stay in this process until xSync passes them to the file: kill -9 loses what was not synced, as a power
  // cut does. Set it before a file is opened. Deletions and new files are durable at once.
  std::atomic<bool> powercut{false};
  // A WAL's xSync does nothing: what a commit with synchronous=NORMAL leaves out.
  std::atomic<bool> skip_wal_sync{false};
  // xSync writes nothing and fails with SQLITE_IOERR_FSYNC.
  std::atomic<bool> failing_fsync{false};
  // xSyncs that still succeed; the others fail like that.
  std::atomic<std::int64_t> syncs_left{std::numeric_limits<std::int64_t>::max()};
  // Bytes that may still be written; then a write stops short and fails with SQLITE_FULL.
  std::atomic<std::int64_t> space{std::numeric_limits<std::int64_t>::max()};
  std::atomic<int> cut_short{0};  // such writes until now
  // xWrite fails with SQLITE_IOERR_WRITE and errno EIO.
  std::atomic<bool> failing_write{false};
  // xSync waits so long before it does anything: the time in which a kill meets an unfinished commit.
  std::atomic<int> sync_delay_ms{0};
};

// Makes an SQLite VFS with these faults the default one; it passes everything else to the system's. Reads
//   PORTD_FAULT_VFS=powercut          sets powercut
//   PORTD_FAULT_WAL_SYNC=skip         sets skip_wal_sync
//   PORTD_FAULT_FSYNC_FILE=/path      while that file exists, as failing_fsync
//   PORTD_FAULT_FULL_FILE=/path       while that file exists, as space = 0
//   PORTD_FAULT_FULL_AFTER=N          sets space
//   PORTD_FAULT_SYNC_DELAY_MS=N       sets sync_delay_ms
// Call it before SQLite is used. Calling it again changes nothing.
DiskFaults& register_fault_vfs();

}  // namespace portd::test
