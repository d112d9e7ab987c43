#include "daemon/store/history.hpp"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <array>

#include "daemon/store/connection.hpp"
#include "daemon/store/failure.hpp"
#include "daemon/store/migrations.hpp"

namespace portd::store {
namespace {

constexpr std::chrono::seconds flush_delay{1};
constexpr std::size_t flush_at = 4096;     // entries; bounds the memory of a busy second
constexpr std::int64_t prune_step = 5000;  // rows a flush, more than it adds

constexpr std::string_view first = R"sql(
CREATE TABLE changes (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  revision TEXT NOT NULL,
  reason TEXT NOT NULL,
  port INTEGER NOT NULL,
  project TEXT NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  role TEXT NOT NULL,
  pid INTEGER,
  command TEXT,
  cwd TEXT NOT NULL
) STRICT;
CREATE INDEX changes_of_port ON changes (port, at);
CREATE INDEX changes_of_service ON changes (service, at);
)sql";
constexpr std::array history_migrations{first};

std::string_view word_of(core::ChangeReason reason) {
  switch (reason) {
    case core::ChangeReason::granted:
      return "granted";
    case core::ChangeReason::moved:
      return "moved";
    case core::ChangeReason::changed:
      return "changed";
    case core::ChangeReason::released:
      return "released";
    case core::ChangeReason::expired:
      return "expired";
  }
  return "";
}

SQLite::Database open_migrated(const Path& file) {
  SQLite::Database connection = open_connection(file, Durability::off);
  migrate(connection, history_migrations);
  return connection;
}

}  // namespace

struct History::Entry {
  TimePoint at;
  std::string revision;
  std::string_view reason;
  Port port;
  Key key;
  std::optional<pid_t> pid;
  std::string command;
  std::string cwd;
};

struct History::Tables {
  explicit Tables(const Path& file)
      : connection(open_migrated(file)),
        insert(connection,
               "INSERT INTO changes (at, revision, reason, port, project, service, instance, role, pid, command, cwd) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        prune(connection,
              "DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?1 "
              "AND id < (SELECT min(id) FROM changes) + ?2") {}

  void put(const Entry& entry) {
    insert.reset();
    insert.clearBindings();
    insert.bind(1, std::int64_t{entry.at.time_since_epoch().count()});
    insert.bindNoCopy(2, entry.revision);
    insert.bind(3, std::string(entry.reason));
    insert.bind(4, entry.port.number());
    insert.bindNoCopy(5, entry.key.project);
    insert.bindNoCopy(6, entry.key.service);
    insert.bindNoCopy(7, entry.key.instance);
    insert.bindNoCopy(8, entry.key.role);
    if (entry.pid) {
      insert.bind(9, *entry.pid);
      insert.bindNoCopy(10, entry.command);
    }
    insert.bindNoCopy(11, entry.cwd);
    insert.exec();
  }

  void drop_old(std::int64_t rows_kept) {
    prune.reset();
    prune.bind(1, rows_kept);
    prune.bind(2, prune_step);
    prune.exec();
  }

  SQLite::Database connection;
  SQLite::Statement insert;
  SQLite::Statement prune;
};

History::History(Path file, std::int64_t rows_kept) : file_(std::move(file)), rows_kept_(rows_kept) {}
History::~History() = default;

void History::add(const core::Changes& changes) {
  for (const core::Change& each : changes) {
    const auto* change = std::get_if<core::LeaseChange>(&each);
    if (change == nullptr) continue;
    const Lease& lease = change->after ? *change->after : *change->before;
    Entry entry{change->at, change->revision.text(), word_of(change->reason), lease.port, lease.key, {}, {}, lease.cwd};
    if (lease.holder) {
      entry.pid = lease.holder->id.pid;
      entry.command = lease.holder->command;
    }
    entries_.push_back(std::move(entry));
  }
  if (!due_ && !entries_.empty()) due_ = SteadyClock::now() + flush_delay;
  if (entries_.size() >= flush_at) due_ = SteadyClock::now();
}

void History::flush() {
  try {
    write();
    trouble_.clear();
  } catch (const SQLite::Exception& error) {
    give_up(error.what());
    recreate_if_damaged(trouble_of(error, 0) == Trouble::damaged);
  } catch (const std::exception& error) {
    give_up(error.what());
  }
  entries_.clear();
  due_.reset();
}

void History::write() {
  if (entries_.empty()) return;
  if (!tables_) tables_ = std::make_unique<Tables>(file_);
  SQLite::Transaction transaction(tables_->connection, SQLite::TransactionBehavior::IMMEDIATE);
  for (const Entry& entry : entries_) tables_->put(entry);
  tables_->drop_old(rows_kept_);
  transaction.commit();
  fold_wal(tables_->connection);
}

void History::give_up(const std::string& why) {
  tables_.reset();
  trouble_ = file_.string() + " is not written: " + why + "; leases are not affected";
}

void History::recreate_if_damaged(bool damaged) {
  if (!damaged) return;
  try {
    remove_database(file_);
    write();
    trouble_.clear();
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

}  // namespace portd::store
