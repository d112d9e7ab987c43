#include "daemon/store/rebuild.hpp"

#include <SQLiteCpp/Statement.h>

#include "daemon/store/connection.hpp"
#include "daemon/store/marker.hpp"

namespace portd::store {
namespace {

// Its presence means that it is complete and synced.
Path rebuilt_of(const Path& database) { return beside(database, ".rebuilt"); }

void make_copy(const Path& database) {
  const Path unfinished = beside(rebuilt_of(database), ".tmp");
  remove_database(unfinished);
  create_private_file(unfinished);
  {
    SQLite::Database source = open_connection(database, Durability::full);
    check_sound(source);
    SQLite::Statement copy(source, "VACUUM INTO ?");
    copy.bind(1, unfinished.string());
    copy.exec();
  }
  sync_database_file(unfinished);
  std::filesystem::rename(unfinished, rebuilt_of(database));
  sync_folder(database.parent_path());
}

// The old WAL goes first: SQLite would play it into the new file.
void put_in_place(const Path& database) {
  std::filesystem::remove(beside(database, "-wal"));
  std::filesystem::remove(beside(database, "-shm"));
  sync_folder(database.parent_path());
  std::filesystem::rename(rebuilt_of(database), database);
  sync_folder(database.parent_path());
}

}  // namespace

bool rebuild_needed(const Path& database) {
  return std::filesystem::exists(rebuilt_of(database)) || (fsync_failed(database) && std::filesystem::exists(database));
}

void rebuild(const Path& database) {
  if (!std::filesystem::exists(rebuilt_of(database))) make_copy(database);
  put_in_place(database);
  clear_fsync_failed(database);
}

}  // namespace portd::store
