#pragma once

#include "daemon/store/files.hpp"

// After a failed fsync the kernel may hold pages that it takes for written and that are not. A new file that was
// synced without error is the only copy to trust (https://lwn.net/Articles/752063/).
namespace portd::store {

bool rebuild_needed(const Path& database);

// Copies the database into a new, synced file and puts it in place. Throws SQLite::Exception (damaged, a full disk,
// the next failed fsync), std::system_error; may be called again then.
void rebuild(const Path& database);

}  // namespace portd::store
