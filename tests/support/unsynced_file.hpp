#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>

namespace portd::test {

// A file as its readers see it while the disk has only what was synced: the written blocks are kept here until
// sync() passes them on. Shared by all handles of one file; any thread.
class UnsyncedFile {
 public:
  // `real`: an open handle of the file below. SQLite's result codes.
  int read(sqlite3_file* real, void* data, int size, sqlite3_int64 offset);
  int write(sqlite3_file* real, const void* data, int size, sqlite3_int64 offset);
  int truncate(sqlite3_file* real, sqlite3_int64 size);
  int size(sqlite3_file* real, sqlite3_int64* size);
  int sync(sqlite3_file* real, int flags);

  // Whether the file below is still the one that this knows, and not a new one of the same name.
  bool still_over(sqlite3_file* real);

 private:
  static constexpr sqlite3_int64 block_size = 4096;
  using Block = std::array<std::uint8_t, block_size>;

  int adopt(sqlite3_file* real);
  int block_at(sqlite3_file* real, sqlite3_int64 index, Block*& block);
  int load(sqlite3_file* real, sqlite3_int64 index, Block& block);
  int pass_on(sqlite3_file* real);

  std::mutex mutex_;
  bool known_ = false;
  sqlite3_int64 size_ = 0;       // as readers see it
  sqlite3_int64 real_size_ = 0;  // of the file below
  sqlite3_int64 intact_ = 0;     // of the file below, what no truncation has cut off
  std::map<sqlite3_int64, Block> blocks_;
};

}  // namespace portd::test
