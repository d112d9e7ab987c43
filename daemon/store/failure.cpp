#include "daemon/store/failure.hpp"

#include <sqlite3.h>

#include <cerrno>

namespace portd::store {
namespace {

Trouble io_trouble(int extended, int system_errno) {
  // Whatever errno says: after a failed fsync the kernel forgets which pages were not written.
  if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC) return Trouble::fsync;
  if (system_errno == ENOSPC || system_errno == EDQUOT) return Trouble::disk_full;
  if (system_errno == EROFS) return Trouble::read_only;
  return Trouble::other;
}

Trouble open_trouble(int system_errno) {
  if (system_errno == ENOSPC || system_errno == EDQUOT) return Trouble::disk_full;
  if (system_errno == EROFS || system_errno == EACCES || system_errno == EPERM) return Trouble::read_only;
  return Trouble::other;
}

}  // namespace

Trouble trouble_of(const SQLite::Exception& error, int system_errno) {
  const int extended = error.getExtendedErrorCode();
  switch (extended & 0xff) {
    case SQLITE_FULL:
      return Trouble::disk_full;
    case SQLITE_IOERR:
      return io_trouble(extended, system_errno);
    case SQLITE_CANTOPEN:
      return open_trouble(system_errno);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Trouble::read_only;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Trouble::damaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::busy;
    default:
      return Trouble::other;
  }
}

}  // namespace portd::store
