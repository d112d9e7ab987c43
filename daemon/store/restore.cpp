#include "daemon/store/restore.hpp"

#include "daemon/store/backups.hpp"
#include "daemon/store/connection.hpp"
#include "daemon/store/database.hpp"
#include "daemon/store/failure.hpp"

namespace portd::store {
namespace {

// Its presence means that it is complete and synced.
Path restored_of(const Path& database) { return beside(database, ".restored"); }

// The names of the files of a database end alike after renaming, so that the sqlite3 shell opens both together.
Path set_aside(const Path& database) {
  const Path kept = beside(database, ".corrupt-" + file_stamp(wall_now()));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    if (std::filesystem::exists(beside(database, suffix))) {
      std::filesystem::rename(beside(database, suffix), beside(kept, suffix));
    }
  }
  sync_folder(database.parent_path());
  return kept;
}

// Checks and migrates it, and gives it a new epoch.
void renew(const Path& copy) {
  Database database(copy);
  if (database.created()) throw Damaged(copy.string() + " is empty");
  database.load();
  database.set_meta({random_epoch(), 0});
  fold_wal(database.connection());
}

bool make_ready(const Path& backup, const Path& copy) {
  remove_database(copy);
  std::filesystem::copy_file(backup, copy);
  try {
    renew(copy);
  } catch (const Damaged&) {
    return false;
  } catch (const SQLite::Exception& error) {
    if (trouble_of(error, 0) != Trouble::damaged) throw;
    return false;
  }
  sync_database_file(copy);
  std::filesystem::remove(beside(copy, "-wal"));
  return true;
}

Path choose_backup(const Paths& paths) {
  const Path copy = beside(restored_of(paths.database()), ".tmp");
  for (const Path& backup : list_backups(paths.backups())) {
    if (!make_ready(backup, copy)) continue;
    std::filesystem::rename(copy, restored_of(paths.database()));
    sync_folder(paths.state);
    return backup;
  }
  remove_database(copy);
  return {};
}

}  // namespace

bool restoration_unfinished(const Path& database) { return std::filesystem::exists(restored_of(database)); }

Restoration restore_newest_backup(const Paths& paths) {
  const Path database = paths.database();
  Restoration restoration;
  restoration.backup = restoration_unfinished(database) ? restored_of(database) : choose_backup(paths);
  restoration.set_aside = set_aside(database);
  if (!restoration.backup.empty()) {
    std::filesystem::rename(restored_of(database), database);
    sync_folder(paths.state);
  }
  return restoration;
}

}  // namespace portd::store
