#pragma once

#include <SQLiteCpp/Exception.h>

#include <stdexcept>
#include <string>

namespace portd::store {

// What an SQLite error means to the store.
enum class Trouble {
  disk_full,  // no space, or over the quota: goes away by itself
  fsync,      // the kernel may have dropped written data: nothing more can be promised
  damaged,    // corrupt, or not a database
  read_only,  // cannot be written at all
  busy,       // another process has it open
  other,
};

// `system_errno`: sqlite3_system_errno() of the connection, or 0.
Trouble trouble_of(const SQLite::Exception& error, int system_errno);

// The content of the database is not what we wrote.
class Damaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace portd::store
