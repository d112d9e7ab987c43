#include "daemon/store/read_only_copy.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "daemon/store/database.hpp"
#include "daemon/store/files.hpp"

namespace portd::store {
namespace {

// A 0700 folder that goes with this object.
class PrivateFolder {
 public:
  explicit PrivateFolder(const Path& runtime) {
    for (const Path& parent : std::array<Path, 3>{runtime, "/dev/shm", "/tmp"}) {
      std::string pattern = parent / "portd-read-only-XXXXXX";
      if (::mkdtemp(pattern.data()) == nullptr) continue;
      path_ = pattern;
      return;
    }
    throw StoreError("the database is read-only, and none of " + runtime.string() +
                     ", /dev/shm and /tmp can take a copy of it: make one of them writable");
  }
  ~PrivateFolder() {
    std::error_code stays;
    std::filesystem::remove_all(path_, stays);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const Path& path() const { return path_; }

 private:
  Path path_;
};

// EROFS too, which root meets as well (access(2)).
std::optional<std::string> why_not_writable(const Path& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return std::nullopt;
  if (errno != EROFS && errno != EACCES && errno != EPERM) return std::nullopt;
  return path.string() + ": " + std::generic_category().message(errno);
}

void copy_writable(const Path& from, const Path& to) {
  std::filesystem::copy_file(from, to);
  std::filesystem::permissions(to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

std::optional<std::string> why_read_only(const Paths& paths) {
  if (auto why = why_not_writable(paths.state)) return why;
  for (const char* suffix : {"", "-wal"}) {
    if (auto why = why_not_writable(beside(paths.database(), suffix))) return why;
  }
  return std::nullopt;
}

Contents load_read_only(const Paths& paths) {
  if (!std::filesystem::exists(paths.database())) {
    throw StoreError("there is no database in " + paths.state.string() + " and none can be made there: make the " +
                     "folder writable, or choose another with --state-dir");
  }
  const PrivateFolder folder(paths.runtime);
  const Path copy = folder.path() / "portd.db";
  copy_writable(paths.database(), copy);
  const Path wal = beside(paths.database(), "-wal");
  if (std::filesystem::exists(wal)) copy_writable(wal, beside(copy, "-wal"));
  Database database(copy);
  return database.load();
}

}  // namespace portd::store
