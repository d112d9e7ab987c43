#include "daemon/store/connection.hpp"

#include <sqlite3.h>

#include "daemon/store/failure.hpp"

namespace portd::store {

SQLite::Database open_connection(const Path& file, Durability durability) {
  create_private_file(file);
  SQLite::Database database(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  // A close must not touch the disk: after a failed fsync it would only make things worse.
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // First, so that the WAL index is kept in memory and no -shm file is made.
  database.exec("PRAGMA locking_mode=EXCLUSIVE");
  if (database.execAndGet("PRAGMA journal_mode=WAL").getString() != "wal") {
    throw SQLite::Exception("SQLite cannot use a write-ahead log for " + file.string(), SQLITE_READONLY);
  }
  database.exec(durability == Durability::full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
  database.exec("PRAGMA wal_autocheckpoint=0");
  database.exec("PRAGMA foreign_keys=ON");
  database.exec("PRAGMA temp_store=MEMORY");
  return database;
}

void check_sound(SQLite::Database& database) {
  const std::string verdict = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict != "ok") throw Damaged(database.getFilename() + ": " + verdict);
}

void fold_wal(SQLite::Database& database) {
  const int result =
      sqlite3_wal_checkpoint_v2(database.getHandle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(database.getHandle(), result);
}

}  // namespace portd::store
