#pragma once

#include <optional>
#include <string>

#include "daemon/store/store.hpp"

// SQLite cannot read a database with a WAL where it cannot write, so a copy elsewhere is read instead.
namespace portd::store {

// Why the database or its folder cannot be written, or nothing when it can.
std::optional<std::string> why_read_only(const Paths& paths);

// Through a private copy in the runtime folder, /dev/shm or /tmp, which is gone on return.
// Throws StoreError, SQLite::Exception, Damaged, std::system_error.
Contents load_read_only(const Paths& paths);

}  // namespace portd::store
