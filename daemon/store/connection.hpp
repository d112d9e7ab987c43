#pragma once

#include <SQLiteCpp/Database.h>

#include "daemon/store/files.hpp"

namespace portd::store {

enum class Durability { full, off };  // PRAGMA synchronous

// Opens or creates a database file (0600) that is ours alone: EXCLUSIVE, WAL, checkpoints only when asked.
// Fails at once when another process has it. Throws SQLite::Exception, std::system_error.
SQLite::Database open_connection(const Path& file, Durability durability);

// Throws Damaged unless PRAGMA quick_check finds nothing.
void check_sound(SQLite::Database& database);

// Moves everything from the WAL into the database file and empties the WAL, so that the file alone is complete.
void fold_wal(SQLite::Database& database);

}  // namespace portd::store
