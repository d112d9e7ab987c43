#include "daemon/store/writer.hpp"

#include <algorithm>

#include "daemon/store/connection.hpp"
#include "daemon/store/marker.hpp"

namespace portd::store {
namespace {

constexpr int checkpoint_pages = 1000;  // 4 MB of WAL
constexpr std::chrono::seconds retry_delay{1};

Error error_of(Trouble trouble, const std::string& why, const Path& state) {
  if (trouble == Trouble::disk_full) {
    return {Problem::disk_full, "the disk of " + state.string() + " is full: free some space, then ask again"};
  }
  return {Problem::store_unavailable, "the database in " + state.string() + " could not be written (" + why +
                                          "): nothing was changed; ask again, and see portd's log if it stays so"};
}

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, Inbox& inbox, Options options, Tell tell)
    : database_(std::move(database)),
      inbox_(inbox),
      options_(std::move(options)),
      tell_(std::move(tell)),
      next_backup_(SteadyClock::now() + (newest_backup_is_old() ? SteadyClock::duration() : options_.backup_interval)) {
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() { thread_.join(); }

void Writer::run() {
  for (bool running = true; running;) {
    Work work = inbox_.take(next_duty());
    running = !work.stop;
    if (!broken_) commit(std::move(work));
    if (!broken_ && running) upkeep();
  }
  if (!broken_) close();
}

Writer::SteadyClock::time_point Writer::next_duty() const {
  if (broken_) return SteadyClock::now() + options_.backup_interval;
  if (backup_) return {};  // now
  SteadyClock::time_point next = next_backup_;
  if (retry_at_) next = std::min(next, *retry_at_);
  return next;
}

void Writer::commit(Work work) {
  if (work.revision_limit) wanted_limit_ = work.revision_limit;
  std::erase_if(work.appended, [this](const Appended& one) { return one.generation <= refused_generation_; });
  const bool reserve = wanted_limit_ && (!work.appended.empty() || work.revision_limit);
  if (work.appended.empty() && work.forgotten.empty() && !reserve) return;

  std::vector<const core::Changes*> appends;
  for (const Appended& one : work.appended) appends.push_back(one.changes);
  Batch batch{appends, work.forgotten, {}};
  if (reserve) batch.revision_limit = wanted_limit_;
  const auto began = SteadyClock::now();
  try {
    database_->write(batch);
  } catch (const SQLite::Exception& error) {
    return refuse(error, work);
  }
  tell_commit(appends, SteadyClock::now() - began);
  answer(appends, batch);
}

void Writer::answer(const std::vector<const core::Changes*>& appends, const Batch& batch) {
  if (!appends.empty()) options_.backup_due = true;
  if (batch.revision_limit) wanted_limit_.reset();
  if (!wanted_limit_) retry_at_.reset();
  tell_(Durable{appends.size(), batch.revision_limit});
}

void Writer::tell_commit(const std::vector<const core::Changes*>& appends, std::chrono::nanoseconds took) const {
  if (!options_.on_commit || appends.empty()) return;
  std::size_t changes = 0;
  for (const core::Changes* append : appends) changes += append->size();
  options_.on_commit(changes, took);
}

void Writer::refuse(const SQLite::Exception& error, const Work& work) {
  const Trouble trouble = trouble_of(error, database_->system_errno());
  if (trouble == Trouble::fsync) mark_fsync_failed(options_.paths.database());
  if (trouble == Trouble::fsync || trouble == Trouble::damaged) return break_off(error.what());
  if (wanted_limit_ || trouble == Trouble::disk_full) retry_at_ = SteadyClock::now() + retry_delay;
  if (work.appended.empty()) return;
  // What was appended in the meantime was decided on top of this, so it cannot stand either.
  refused_generation_ = work.appended.back().generation;
  tell_(Refused{error_of(trouble, error.what(), options_.paths.state)});
}

void Writer::break_off(const std::string& why) {
  broken_ = true;
  backup_.reset();
  tell_(Broken{options_.paths.database().string() + ": " + why +
               "; nothing more can be promised, so portd ends: start it again and it will heal the database"});
}

void Writer::upkeep() {
  if (retry_at_ && *retry_at_ <= SteadyClock::now()) try_again();
  if (!broken_ && database_->wal_pages() > checkpoint_pages) checkpoint();
  if (broken_) return;
  if (!backup_ && next_backup_ <= SteadyClock::now()) begin_backup();
  if (backup_) step_backup();
}

// The reservation; without one the number that stands and one more, to see whether there is space again: SQLite writes
// nothing for a number that stays.
void Writer::try_again() {
  retry_at_.reset();
  if (wanted_limit_) {
    Work work;
    work.revision_limit = wanted_limit_;
    return commit(std::move(work));
  }
  try {
    database_->write({{}, {}, database_->meta().revision_limit + 1});
  } catch (const SQLite::Exception& error) {
    return refuse(error, {});
  }
  tell_(Durable{});
}

void Writer::checkpoint() {
  try {
    database_->checkpoint();
  } catch (const SQLite::Exception& error) {
    const Trouble trouble = trouble_of(error, database_->system_errno());
    if (trouble == Trouble::fsync) mark_fsync_failed(options_.paths.database());
    if (trouble == Trouble::fsync || trouble == Trouble::damaged) return break_off(error.what());
    // A full disk: the WAL goes on growing, and the next commit tries again.
  }
}

// Once a day there is one, whether anything has changed or not: it shows that it can be written.
bool Writer::newest_backup_is_old() const {
  const auto newest = newest_backup_time(options_.paths.backups());
  return newest && wall_now() - *newest > std::chrono::hours(24);
}

void Writer::begin_backup() {
  next_backup_ = SteadyClock::now() + options_.backup_interval;
  if (!options_.backup_due && !newest_backup_is_old()) return;
  try {
    backup_ = std::make_unique<BackupRun>(database_->connection(), options_.paths.backups(), wall_now());
    options_.backup_due = false;  // changes from here on are the next one's
  } catch (const std::exception& error) {
    give_up_backup(error.what());
  }
}

void Writer::step_backup() {
  try {
    if (!backup_->step()) return;
    backup_.reset();
    rotate_backups(options_.paths.backups(), options_.backups_kept);
    backup_trouble_.clear();
    tell_(BackedUp{wall_now()});
    tell_trouble();
  } catch (const std::exception& error) {
    give_up_backup(error.what());
  }
}

void Writer::give_up_backup(const std::string& why) {
  backup_.reset();
  options_.backup_due = true;
  backup_trouble_ = "no backup could be written to " + options_.paths.backups().string() + ": " + why;
  tell_trouble();
}

void Writer::tell_trouble() {
  if (backup_trouble_ == told_trouble_) return;
  told_trouble_ = backup_trouble_;
  tell_(Degraded{backup_trouble_});
}

void Writer::close() {
  if (!backup_) begin_backup();
  while (backup_) step_backup();
  try {
    fold_wal(database_->connection());
  } catch (const SQLite::Exception& error) {
    if (trouble_of(error, database_->system_errno()) != Trouble::fsync) return;  // the WAL stays, with everything
    mark_fsync_failed(options_.paths.database());
    break_off(error.what());
  }
  database_.reset();
}

}  // namespace portd::store
