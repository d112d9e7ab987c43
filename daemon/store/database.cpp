#include "daemon/store/database.hpp"

#include <sqlite3.h>

#include <random>

#include "daemon/store/connection.hpp"
#include "daemon/store/failure.hpp"
#include "daemon/store/lease_rows.hpp"
#include "daemon/store/migrations.hpp"
#include "daemon/store/registration_rows.hpp"

namespace portd::store {
namespace {

// Checks and migrates before anything is prepared. True when there was no schema.
bool make_ready(SQLite::Database& connection) {
  check_sound(connection);
  const bool created = schema_version(connection) == 0;
  migrate(connection, lease_migrations());
  SQLite::Statement insert(connection, "INSERT OR IGNORE INTO meta (id, epoch, revision_limit) VALUES (1, ?, 0)");
  insert.bind(1, random_epoch());
  insert.exec();
  return created;
}

std::string put_lease_sql() {
  std::string sql = "INSERT OR REPLACE INTO leases (" + std::string(lease_columns) + ") VALUES (?";
  for (int column = 1; column < lease_column_count; ++column) sql += ", ?";
  return sql + ")";
}

// Ready for the next execution, also after a failed one.
void run(SQLite::Statement& statement) {
  try {
    statement.exec();
  } catch (...) {
    statement.tryReset();
    throw;
  }
  statement.reset();
}

int count_wal_pages(void* pages, sqlite3*, const char*, int in_wal) {
  *static_cast<int*>(pages) = in_wal;
  return SQLITE_OK;
}

}  // namespace

std::uint32_t random_epoch() {
  std::random_device random;
  return random();
}

Database::Database(const Path& file)
    : connection_(open_connection(file, Durability::full)),
      created_(make_ready(connection_)),
      wal_pages_(std::make_unique<int>(0)),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      put_lease_(connection_, put_lease_sql()),
      erase_lease_(connection_, "DELETE FROM leases WHERE port = ?"),
      remember_(connection_, "INSERT OR REPLACE INTO remembered (key, port, released_at) VALUES (?, ?, ?)"),
      forget_(connection_, "DELETE FROM remembered WHERE key = ?"),
      reserve_(connection_, "UPDATE meta SET revision_limit = ?"),
      put_registration_(connection_, "INSERT OR REPLACE INTO registrations (" + std::string(registration_columns) +
                                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      erase_registration_(connection_, "DELETE FROM registrations WHERE project = ? AND service = ? AND instance = ?") {
  sqlite3_wal_hook(connection_.getHandle(), count_wal_pages, wal_pages_.get());
}

Contents Database::load() {
  Contents contents;
  SQLite::Statement leases(connection_, "SELECT " + std::string(lease_columns) + " FROM leases ORDER BY port");
  while (leases.executeStep()) contents.leases.push_back(read_lease(leases));
  SQLite::Statement remembered(connection_, "SELECT key, port, released_at FROM remembered");
  while (remembered.executeStep()) contents.remembered.push_back(read_remembered(remembered));
  SQLite::Statement registrations(connection_, "SELECT " + std::string(registration_columns) + " FROM registrations");
  while (registrations.executeStep()) contents.registrations.push_back(read_registration(registrations));
  return contents;
}

Meta Database::meta() {
  SQLite::Statement row(connection_, "SELECT epoch, revision_limit FROM meta");
  row.executeStep();
  return {static_cast<std::uint32_t>(row.getColumn(0).getInt64()),
          static_cast<std::uint64_t>(row.getColumn(1).getInt64())};
}

void Database::set_meta(const Meta& meta) {
  SQLite::Statement update(connection_, "UPDATE meta SET epoch = ?, revision_limit = ?");
  update.bind(1, meta.epoch);
  update.bind(2, static_cast<std::int64_t>(meta.revision_limit));
  update.exec();
}

void Database::write(const Batch& batch) {
  run(begin_);
  try {
    for (const Key& key : batch.forgotten) {
      forget_.bind(1, key.text());
      run(forget_);
    }
    for (const core::Changes* changes : batch.changes) {
      for (const core::Change& change : *changes) {
        std::visit([this](const auto& one) { apply(one); }, change);
      }
    }
    if (batch.revision_limit) {
      reserve_.bind(1, static_cast<std::int64_t>(*batch.revision_limit));
      run(reserve_);
    }
    run(commit_);
  } catch (...) {
    rollback();
    throw;
  }
}

void Database::apply(const core::LeaseChange& change) {
  if (change.before && (!change.after || change.after->port != change.before->port)) {
    erase_lease_.bind(1, std::int64_t{change.before->port.number()});
    run(erase_lease_);
  }
  if (change.after) {
    bind_lease(put_lease_, *change.after);
    run(put_lease_);
  }
  if (change.remembered) {
    const std::string key = change.remembered->key.text();
    bind_remembered(remember_, key, *change.remembered);
    run(remember_);
  }
}

void Database::apply(const core::ServiceChange& change) {
  if (!change.after) {
    bind_instance(erase_registration_, change.before->key);
    return run(erase_registration_);
  }
  const std::string declaration = declaration_text(*change.after);
  bind_registration(put_registration_, *change.after, declaration);
  run(put_registration_);
}

// SQLite may have rolled back by itself (https://sqlite.org/lang_transaction.html, section 3).
void Database::rollback() noexcept {
  if (sqlite3_get_autocommit(connection_.getHandle()) == 0) {
    sqlite3_exec(connection_.getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::checkpoint() {
  const int result =
      sqlite3_wal_checkpoint_v2(connection_.getHandle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (result != SQLITE_OK) throw SQLite::Exception(connection_.getHandle(), result);
  *wal_pages_ = 0;
}

int Database::system_errno() const { return sqlite3_system_errno(connection_.getHandle()); }

}  // namespace portd::store
