#pragma once

#include "daemon/store/files.hpp"

// A file beside the database that says: an fsync failed, so what the kernel shows of it may not be on the disk.
namespace portd::store {

// As good as it gets: on such a disk this may fail as well, and then there is nothing left to do.
void mark_fsync_failed(const Path& database) noexcept;

bool fsync_failed(const Path& database);
void clear_fsync_failed(const Path& database);

}  // namespace portd::store
