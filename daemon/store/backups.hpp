#pragma once

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>

#include <memory>
#include <optional>
#include <vector>

#include "daemon/store/files.hpp"

namespace portd::store {

// The finished backups of a folder (portd-<UTC>.db), newest first. Empty when there is no folder.
std::vector<Path> list_backups(const Path& folder);

// When the newest of them was written. Nothing when there is none.
std::optional<TimePoint> newest_backup_time(const Path& folder);

// Removes all but the newest `kept`, and what an interrupted backup left behind.
void rotate_backups(const Path& folder, std::size_t kept);

// One backup in the making: the pages go into a file beside it, which gets its name when all are there and synced.
// Changes that the source's own connection makes in between are copied too. Throws SQLite::Exception,
// std::system_error; destroying it unfinished removes the file.
class BackupRun {
 public:
  // `source` must outlive this. `now` names the file.
  BackupRun(SQLite::Database& source, const Path& folder, TimePoint now);
  ~BackupRun();
  BackupRun(const BackupRun&) = delete;
  BackupRun& operator=(const BackupRun&) = delete;

  // Copies a few pages. True when the backup is complete and in place.
  bool step();

 private:
  void put_in_place();

  Path file_;
  Path unfinished_;
  std::unique_ptr<SQLite::Database> target_;
  std::unique_ptr<SQLite::Backup> backup_;
};

}  // namespace portd::store
