#include "daemon/store/files.hpp"

#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace portd::store {
namespace {

[[noreturn]] void throw_errno(const Path& file) {
  throw std::system_error(errno, std::generic_category(), file.string());
}

}  // namespace

Path beside(const Path& file, const std::string& suffix) { return file.string() + suffix; }

void create_private_folder(const Path& folder) {
  if (std::filesystem::is_directory(folder)) return;
  if (folder.has_parent_path()) create_private_folder(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) throw_errno(folder);
  if (folder.has_parent_path()) sync_folder(folder.parent_path());
}

void create_private_file(const Path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return;
  if (descriptor < 0) throw_errno(file);
  ::close(descriptor);
}

void sync_database_file(const Path& file) {
  SQLite::Database database(file, SQLite::OPEN_READWRITE);
  sqlite3_file* handle = nullptr;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&handle));
  const int result = handle->pMethods->xSync(handle, SQLITE_SYNC_NORMAL);
  // The text comes from the code: the connection itself has seen no error.
  if (result != SQLITE_OK) throw SQLite::Exception("cannot sync " + file.string(), result);
}

void sync_folder(const Path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw_errno(folder);
  const int result = ::fsync(descriptor);
  const int failure = errno;
  ::close(descriptor);
  // EINVAL: a file system that cannot sync a folder (fsync(2)).
  if (result != 0 && failure != EINVAL) throw std::system_error(failure, std::generic_category(), folder.string());
}

void remove_database(const Path& database) {
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) std::filesystem::remove(beside(database, suffix));
}

std::string file_stamp(TimePoint time) {
  std::string stamp = to_rfc3339(time);
  std::erase(stamp, '-');
  std::erase(stamp, ':');
  return stamp;
}

TimePoint wall_now() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

}  // namespace portd::store
