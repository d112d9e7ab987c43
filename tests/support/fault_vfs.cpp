#include "tests/support/fault_vfs.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#include "tests/support/unsynced_file.hpp"

namespace portd::test {
namespace {

// The files with unsynced writes; they outlive their handles as the page cache does.
class PageCache {
 public:
  std::shared_ptr<UnsyncedFile> of(const std::string& path, sqlite3_file* real) {
    const std::lock_guard lock(mutex_);
    auto& file = files_[path];
    if (!file || !file->still_over(real)) file = std::make_shared<UnsyncedFile>();
    return file;
  }
  void forget(const std::string& path) {
    const std::lock_guard lock(mutex_);
    files_.erase(path);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<UnsyncedFile>> files_;
};

struct Disk {
  DiskFaults faults;
  PageCache cache;
  sqlite3_vfs* system = nullptr;
  sqlite3_vfs vfs{};
  std::string fsync_trigger;
  std::string full_trigger;
};

// A VFS is a thing of the process; SQLite keeps pointers into it until the end.
Disk& disk() {
  static Disk* const only = new Disk;
  return *only;
}

bool present(const std::string& trigger) { return !trigger.empty() && ::access(trigger.c_str(), F_OK) == 0; }

// SQLite allocates this; the system's handle follows it in the same memory.
struct Handle {
  sqlite3_file base;
  bool wal;
  std::shared_ptr<UnsyncedFile>* unsynced;  // none outside powercut mode

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
};

int close_file(sqlite3_file* file) {
  Handle& handle = Handle::of(file);
  delete handle.unsynced;
  return handle.real()->pMethods->xClose(handle.real());
}

int read_file(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  Handle& handle = Handle::of(file);
  if (handle.unsynced != nullptr) return (*handle.unsynced)->read(handle.real(), data, size, offset);
  return handle.real()->pMethods->xRead(handle.real(), data, size, offset);
}

int put(Handle& handle, const void* data, int size, sqlite3_int64 offset) {
  if (size == 0) return SQLITE_OK;
  if (handle.unsynced != nullptr) return (*handle.unsynced)->write(handle.real(), data, size, offset);
  return handle.real()->pMethods->xWrite(handle.real(), data, size, offset);
}

int write_file(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  Handle& handle = Handle::of(file);
  DiskFaults& faults = disk().faults;
  if (faults.failing_write) {
    errno = EIO;
    return SQLITE_IOERR_WRITE;
  }
  const std::int64_t space = present(disk().full_trigger) ? 0 : faults.space.load();
  const int fits = static_cast<int>(std::min<std::int64_t>(size, std::max<std::int64_t>(space, 0)));
  if (space != std::numeric_limits<std::int64_t>::max()) faults.space -= fits;
  const int result = put(handle, data, fits, offset);
  if (result != SQLITE_OK || fits == size) return result;
  ++faults.cut_short;
  errno = ENOSPC;
  return SQLITE_FULL;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  Handle& handle = Handle::of(file);
  if (handle.unsynced != nullptr) return (*handle.unsynced)->truncate(handle.real(), size);
  return handle.real()->pMethods->xTruncate(handle.real(), size);
}

int sync_file(sqlite3_file* file, int flags) {
  Handle& handle = Handle::of(file);
  DiskFaults& faults = disk().faults;
  std::this_thread::sleep_for(std::chrono::milliseconds(faults.sync_delay_ms));
  if (faults.failing_fsync || faults.syncs_left-- <= 0 || present(disk().fsync_trigger)) {
    errno = EIO;
    return SQLITE_IOERR_FSYNC;
  }
  if (handle.wal && faults.skip_wal_sync) return SQLITE_OK;
  if (handle.unsynced != nullptr) return (*handle.unsynced)->sync(handle.real(), flags);
  return handle.real()->pMethods->xSync(handle.real(), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  Handle& handle = Handle::of(file);
  if (handle.unsynced != nullptr) return (*handle.unsynced)->size(handle.real(), size);
  return handle.real()->pMethods->xFileSize(handle.real(), size);
}

int lock_file(sqlite3_file* file, int level) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xLock(real, level);
}
int unlock_file(sqlite3_file* file, int level) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xUnlock(real, level);
}
int check_lock(sqlite3_file* file, int* reserved) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xCheckReservedLock(real, reserved);
}
int control_file(sqlite3_file* file, int operation, void* argument) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xFileControl(real, operation, argument);
}
int sector_size(sqlite3_file* file) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xSectorSize(real);
}
int characteristics(sqlite3_file* file) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xDeviceCharacteristics(real);
}
int map_memory(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xShmMap(real, page, size, extend, memory);
}
int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xShmLock(real, offset, count, flags);
}
void memory_barrier(sqlite3_file* file) {
  sqlite3_file* real = Handle::of(file).real();
  real->pMethods->xShmBarrier(real);
}
int unmap_memory(sqlite3_file* file, int remove) {
  sqlite3_file* real = Handle::of(file).real();
  return real->pMethods->xShmUnmap(real, remove);
}

// Version 2: no xFetch, so that every access passes through here.
constexpr sqlite3_io_methods methods{
    2,           close_file,     read_file,    write_file,   truncate_file, sync_file,       file_size,
    lock_file,   unlock_file,    check_lock,   control_file, sector_size,   characteristics, map_memory,
    lock_memory, memory_barrier, unmap_memory, nullptr,      nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  Handle& handle = *new (file) Handle{};
  sqlite3_vfs* system = disk().system;
  const int result = system->xOpen(system, name, handle.real(), flags, flags_out);
  if (result != SQLITE_OK) return result;  // base.pMethods is null: SQLite does not close it
  handle.base.pMethods = &methods;
  handle.wal = (flags & SQLITE_OPEN_WAL) != 0;
  if (disk().faults.powercut && name != nullptr) {
    handle.unsynced = new std::shared_ptr<UnsyncedFile>(disk().cache.of(name, handle.real()));
  }
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_folder) {
  disk().cache.forget(name);
  sqlite3_vfs* system = disk().system;
  return system->xDelete(system, name, sync_folder);
}

void read_environment(Disk& disk) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  disk.faults.powercut = variable("PORTD_FAULT_VFS") == "powercut";
  disk.faults.skip_wal_sync = variable("PORTD_FAULT_WAL_SYNC") == "skip";
  disk.fsync_trigger = variable("PORTD_FAULT_FSYNC_FILE");
  disk.full_trigger = variable("PORTD_FAULT_FULL_FILE");
  const std::string after = variable("PORTD_FAULT_FULL_AFTER");
  if (!after.empty()) disk.faults.space = std::strtoll(after.c_str(), nullptr, 10);
  disk.faults.sync_delay_ms = std::atoi(variable("PORTD_FAULT_SYNC_DELAY_MS").c_str());
}

}  // namespace

DiskFaults& register_fault_vfs() {
  Disk& only = disk();
  if (only.system != nullptr) return only.faults;
  only.system = sqlite3_vfs_find(nullptr);
  only.vfs = *only.system;  // names, randomness, time: the system's, which ignores whose pointer it gets
  only.vfs.zName = "portd-fault";
  only.vfs.pNext = nullptr;
  only.vfs.szOsFile = static_cast<int>(sizeof(Handle)) + only.system->szOsFile;
  only.vfs.xOpen = open_file;
  only.vfs.xDelete = delete_file;
  read_environment(only);
  sqlite3_vfs_register(&only.vfs, 1);
  return only.faults;
}

}  // namespace portd::test
