#include "daemon/store/marker.hpp"

#include <exception>

namespace portd::store {
namespace {

Path marker_of(const Path& database) { return beside(database, ".fsync-failed"); }

}  // namespace

void mark_fsync_failed(const Path& database) noexcept {
  try {
    create_private_file(marker_of(database));
    sync_folder(database.parent_path());
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // A power cut instead of a restart makes the marker needless: then only the disk's content is left.
  }
}

bool fsync_failed(const Path& database) { return std::filesystem::exists(marker_of(database)); }

void clear_fsync_failed(const Path& database) {
  if (std::filesystem::remove(marker_of(database))) sync_folder(database.parent_path());
}

}  // namespace portd::store
