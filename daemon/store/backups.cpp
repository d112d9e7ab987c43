#include "daemon/store/backups.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <system_error>

namespace portd::store {
namespace {

constexpr int copied_pages_a_step = 64;  // 256 KB: a commit waits no longer than that takes

bool is_backup(const Path& file) { return file.filename().string().starts_with("portd-") && file.extension() == ".db"; }

bool is_unfinished(const Path& file) { return file.filename().string().find(".db.tmp") != std::string::npos; }

}  // namespace

std::vector<Path> list_backups(const Path& folder) {
  std::vector<Path> backups;
  std::error_code no_folder;
  for (const auto& entry : std::filesystem::directory_iterator(folder, no_folder)) {
    if (is_backup(entry.path())) backups.push_back(entry.path());
  }
  std::ranges::sort(backups, std::greater{});
  return backups;
}

std::optional<TimePoint> newest_backup_time(const Path& folder) {
  std::optional<TimePoint> newest;
  for (const Path& file : list_backups(folder)) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) continue;
    const TimePoint at{std::chrono::duration_cast<Millis>(std::chrono::seconds(status.st_mtime))};
    newest = std::max(newest.value_or(at), at);
  }
  return newest;
}

void rotate_backups(const Path& folder, std::size_t kept) {
  const std::vector<Path> backups = list_backups(folder);
  for (std::size_t old = kept; old < backups.size(); ++old) std::filesystem::remove(backups[old]);
  std::vector<Path> unfinished;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_unfinished(entry.path())) unfinished.push_back(entry.path());
  }
  for (const Path& file : unfinished) std::filesystem::remove(file);
}

BackupRun::BackupRun(SQLite::Database& source, const Path& folder, TimePoint now)
    : file_(folder / ("portd-" + file_stamp(now) + ".db")), unfinished_(beside(file_, ".tmp")) {
  create_private_folder(folder);
  remove_database(unfinished_);
  create_private_file(unfinished_);
  target_ = std::make_unique<SQLite::Database>(unfinished_, SQLite::OPEN_READWRITE);
  backup_ = std::make_unique<SQLite::Backup>(*target_, source);
}

BackupRun::~BackupRun() {
  if (!target_) return;
  backup_.reset();
  target_.reset();
  std::error_code stays;  // rotate_backups removes it later
  std::filesystem::remove(beside(unfinished_, "-journal"), stays);
  std::filesystem::remove(unfinished_, stays);
}

bool BackupRun::step() {
  const int result = backup_->executeStep(copied_pages_a_step);
  if (result == SQLITE_BUSY || result == SQLITE_LOCKED) {
    throw SQLite::Exception("another process reads " + unfinished_.string(), result);
  }
  if (result != SQLITE_DONE) return false;
  put_in_place();
  return true;
}

void BackupRun::put_in_place() {
  backup_.reset();
  target_.reset();
  sync_database_file(unfinished_);
  std::filesystem::rename(unfinished_, file_);
  sync_folder(file_.parent_path());
}

}  // namespace portd::store
