#include "daemon/store/recovery.hpp"

#include <system_error>

#include "daemon/store/backups.hpp"
#include "daemon/store/failure.hpp"
#include "daemon/store/marker.hpp"
#include "daemon/store/read_only_copy.hpp"
#include "daemon/store/rebuild.hpp"
#include "daemon/store/restore.hpp"
#include "daemon/store/revisions.hpp"

namespace portd::store {
namespace {

std::uintmax_t size_of(const Path& file) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(file, none);
  return none ? 0 : size;
}

// SQLite takes an empty file for a new database. With backups beside it, it is one that lost everything.
void refuse_emptied(const Paths& paths) {
  const Path file = paths.database();
  const bool empty = std::filesystem::exists(file) && size_of(file) == 0 && size_of(beside(file, "-wal")) == 0;
  if (empty && !list_backups(paths.backups()).empty()) throw Damaged(file.string() + " is empty");
}

// The first block of revisions, before any is given. A full disk may still be read.
std::optional<std::uint64_t> reserve(Database& database, std::uint64_t given) {
  const std::uint64_t limit = given + Revisions::block;
  try {
    database.write({{}, {}, limit});
    return limit;
  } catch (const SQLite::Exception& error) {
    if (trouble_of(error, database.system_errno()) != Trouble::disk_full) throw;
    return std::nullopt;
  }
}

Opened open_sound(const Paths& paths) {
  refuse_emptied(paths);
  Opened opened;
  // A clean stop makes a backup and leaves no WAL.
  opened.backup_due = size_of(beside(paths.database(), "-wal")) > 0 || list_backups(paths.backups()).empty();
  opened.database = std::make_unique<Database>(paths.database());
  opened.contents = opened.database->load();
  opened.meta = opened.database->meta();
  opened.revision_limit = reserve(*opened.database, opened.meta.revision_limit);
  if (opened.database->created()) opened.condition = Condition::fresh;
  return opened;
}

Opened open_rebuilt(const Paths& paths) {
  rebuild(paths.database());
  Opened opened = open_sound(paths);
  opened.condition = Condition::rebuilt;
  opened.detail =
      "an fsync had failed, so " + paths.database().string() + " was copied into a new file: check the disk it lies on";
  return opened;
}

Opened open_restored(const Paths& paths, const std::string& why) {
  const Restoration restoration = restore_newest_backup(paths);
  clear_fsync_failed(paths.database());
  Opened opened = open_sound(paths);
  opened.condition = restoration.backup.empty() ? Condition::lost : Condition::restored;
  opened.detail = paths.database().string() + " was damaged (" + why + ") and is kept as " +
                  restoration.set_aside.string() + "; " +
                  (restoration.backup.empty() ? "there was no good backup, so portd starts without leases"
                                              : "the backup " + restoration.backup.string() + " is in its place") +
                  ": compare `portc ls` with what runs";
  return opened;
}

Opened open_writable(const Paths& paths) {
  if (restoration_unfinished(paths.database())) return open_restored(paths, "found at the start before this one");
  try {
    if (rebuild_needed(paths.database())) return open_rebuilt(paths);
    return open_sound(paths);
  } catch (const Damaged& damage) {
    return open_restored(paths, damage.what());
  } catch (const SQLite::Exception& error) {
    if (trouble_of(error, 0) != Trouble::damaged) throw;
    return open_restored(paths, error.what());
  }
}

[[noreturn]] void throw_next_step(const SQLite::Exception& error, const Paths& paths) {
  const std::string file = paths.database().string();
  switch (trouble_of(error, 0)) {
    case Trouble::busy:
      throw StoreError(file + " is in use by another process (a second portd, or an sqlite3 shell): end it first");
    case Trouble::disk_full:
      throw StoreError(file + " cannot be opened: the disk is full; free some space and start portd again");
    case Trouble::fsync:
      mark_fsync_failed(paths.database());
      throw StoreError(file + ": the disk reports a failed fsync (" + error.what() +
                       "); check the disk and start portd again");
    case Trouble::damaged:
    case Trouble::read_only:
    case Trouble::other:
      throw StoreError(file + " cannot be opened: " + error.what());
  }
  throw StoreError(file + " cannot be opened");
}

bool denied(const std::system_error& error) {
  return error.code() == std::errc::read_only_file_system || error.code() == std::errc::permission_denied ||
         error.code() == std::errc::operation_not_permitted;
}

Opened open_read_only(const Paths& paths, const std::string& why) {
  Opened opened;
  opened.contents = load_read_only(paths);
  opened.condition = Condition::read_only;
  opened.detail = paths.database().string() + " cannot be written (" + why +
                  "): leases are served as they were and nothing can change; make " + paths.state.string() +
                  " writable and start portd again";
  return opened;
}

Opened open_any(const Paths& paths) {
  try {
    create_private_folder(paths.state);
    if (const auto why = why_read_only(paths)) return open_read_only(paths, *why);
    return open_writable(paths);
  } catch (const SQLite::Exception& error) {
    if (trouble_of(error, 0) != Trouble::read_only) throw;
    return open_read_only(paths, error.what());
  } catch (const std::system_error& error) {
    if (!denied(error)) throw;
    return open_read_only(paths, error.what());
  }
}

}  // namespace

Opened open_or_heal(const Paths& paths) {
  try {
    return open_any(paths);
  } catch (const SQLite::Exception& error) {
    throw_next_step(error, paths);
  } catch (const Damaged& error) {
    throw StoreError(std::string(error.what()) + ": the database is damaged and cannot be healed here; make " +
                     paths.state.string() + " writable, or move portd.db away");
  } catch (const std::system_error& error) {
    throw StoreError("the state folder " + paths.state.string() + " cannot be used: " + error.what());
  }
}

}  // namespace portd::store
