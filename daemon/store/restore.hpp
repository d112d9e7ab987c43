#pragma once

#include "common/paths.hpp"
#include "daemon/store/files.hpp"

// In place of a damaged database comes the newest good backup, with a new epoch: revisions that were given after
// the backup must not be given again.
namespace portd::store {

struct Restoration {
  Path set_aside;  // portd.db.corrupt-<UTC>; its WAL beside it
  Path backup{};   // empty: there was no good one
};

// A start before this one was cut off after the backup had been chosen.
bool restoration_unfinished(const Path& database);

// Sets the damaged files aside and puts the newest backup that passes the check in their place.
// Throws SQLite::Exception, std::system_error; may be called again then.
Restoration restore_newest_backup(const Paths& paths);

}  // namespace portd::store
